"""Detectors of top-down models run where mmcv has no compiled ops."""
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.hub import get_config
from mmengine.registry import DefaultScope, init_default_scope
from mmengine.structures import InstanceData
from mmpose.apis import MMPoseInferencer
from mmpose.apis.inferencers.utils import default_det_models
from stand_in import needs_lite

mmdet = pytest.importorskip('mmdet')
from mmdet.registry import MODELS  # noqa: E402
from mmdet.structures import DetDataSample  # noqa: E402
from mmdet.structures.mask import BitmapMasks  # noqa: E402

pytestmark = needs_lite

RTMDET = default_det_models['human']['model']
SIZE = 128


@pytest.fixture
def scope():
    """MMDetection's part of an inferencer leaves a scope of its own behind,
    in which tests after it would not find MMPose's parts."""
    yield
    init_default_scope('mmpose')


def picture_of_two(with_masks):
    boxes = [[10, 10, 60, 100], [40, 20, 120, 110]]
    sample = DetDataSample(
        metainfo=dict(
            img_shape=(SIZE, SIZE),
            ori_shape=(SIZE, SIZE),
            pad_shape=(SIZE, SIZE),
            scale_factor=(1, 1)))
    sample.gt_instances = InstanceData(
        bboxes=torch.tensor(boxes).float(),
        labels=torch.zeros(2, dtype=torch.long))
    sample.ignored_instances = InstanceData(
        bboxes=torch.zeros(0, 4), labels=torch.zeros(0, dtype=torch.long))
    if with_masks:
        masks = np.zeros((2, SIZE, SIZE), np.uint8)
        for mask, (x1, y1, x2, y2) in zip(masks, boxes):
            mask[y1:y2, x1:x2] = 1
        sample.gt_instances.masks = BitmapMasks(masks, SIZE, SIZE)
    image = torch.randint(0, 255, (3, SIZE, SIZE), dtype=torch.uint8)
    return dict(inputs=[image], data_samples=[sample])


@pytest.mark.parametrize('name, with_masks', [
    ('rtmdet', False),
    ('mmdet::faster_rcnn/faster-rcnn_r50_fpn_1x_coco.py', False),
    pytest.param(
        'mmdet::mask_rcnn/mask-rcnn_r50_fpn_1x_coco.py',
        True,
        marks=pytest.mark.slow),
])
def test_a_detector_trains_and_finds_boxes(name, with_masks):
    torch.manual_seed(0)
    cfg = (Config.fromfile(RTMDET)
           if name == 'rtmdet' else get_config(name)).model
    cfg.data_preprocessor.pop('batch_augments', None)
    # random weights are sure of nothing
    cfg.test_cfg.get('rcnn', cfg.test_cfg).score_thr = 0
    with DefaultScope.overwrite_default_scope('mmdet'):
        model = MODELS.build(cfg)
        batch = model.data_preprocessor(picture_of_two(with_masks), True)
        loss, _ = model.parse_losses(model(**batch, mode='loss'))
        assert 0 < loss < float('inf')
        loss.backward()
        for name, parameter in model.named_parameters():
            if parameter.requires_grad:
                assert parameter.grad.isfinite().all(), name
        with torch.no_grad():
            found, = model.eval().test_step(picture_of_two(with_masks))
    assert len(found.pred_instances.bboxes) > 10
    if with_masks:
        assert found.pred_instances.masks.shape[1:] == (SIZE, SIZE)


@pytest.mark.slow
def test_the_inferencer_for_humans(scope, pictures, tmp_path):
    """Its detector and its top-down model, which it would download."""
    torch.manual_seed(0)
    with DefaultScope.overwrite_default_scope('mmdet'):
        detector = MODELS.build(Config.fromfile(RTMDET).model)
    for layer in detector.bbox_head.rtm_cls:
        torch.nn.init.zeros_(layer.bias)  # each box is as likely as not
    torch.save(
        dict(state_dict=detector.state_dict(), meta={}),
        tmp_path / 'detector.pth')
    torch.save(dict(state_dict={}, meta={}), tmp_path / 'estimator.pth')
    inferencer = MMPoseInferencer(
        'human',
        pose2d_weights=str(tmp_path / 'estimator.pth'),
        det_model=RTMDET,
        det_weights=str(tmp_path / 'detector.pth'),
        det_cat_ids=(0, ),
        device='cpu')
    result, = inferencer(str(pictures[0]), bbox_thr=0.45)
    persons, = result['predictions']
    assert persons
    assert np.shape(persons[0]['keypoints']) == (17, 2)
    assert Path(
        inferencer.inferencer.cfg.filename).stem.startswith('rtmpose-m')
