"""Multi-scale test from a picture to its persons, and nothing else changed.

A slim model with random weights tests pictures that are no squares. What the
pyramid must give is known from single-scale tests: each scale proposes what it
proposes when it is tested alone.
"""

import cv2
import numpy as np
import pytest
import slim_model
import torch
from mmengine.dataset import Compose, pseudo_collate

import mmpose_pinet  # noqa: F401  first: it makes MMPose importable

# isort: split
from mmpose.apis import MMPoseInferencer, inference_bottomup, init_model
from mmpose.datasets.datasets import CocoDataset
from mmpose.datasets.transforms import PackPoseInputs
from mmpose.registry import MODELS

from mmpose_pinet.datasets import PackPyramidInputs
from mmpose_pinet.datasets.drawn import draw_image

SIZE = 128  # of the short side at scale 1


def single_scale(size=SIZE, flip_test=False, fuse=True):
    """The slim model's config."""
    cfg = slim_model.read_config()
    cfg.test_dataloader.dataset.pipeline[1].input_size = (size, size)
    cfg.model.test_cfg.flip_test = flip_test
    if not fuse:
        cfg.model.head.post_processor = None
    return cfg


def multi_scale(aug_scales, **kwargs):
    """What the multi-scale configs change in the single-scale ones."""
    cfg = single_scale(**kwargs)
    cfg.model.data_preprocessor.type = 'PyramidDataPreprocessor'
    cfg.model.test_cfg.multiscale_test = True
    _, resize, pack = cfg.test_dataloader.dataset.pipeline
    resize.aug_scales = aug_scales
    pack.type = 'PackPyramidInputs'
    return cfg


def build(cfg):
    return slim_model.build(cfg=cfg, flip_test=cfg.model.test_cfg.flip_test)


def picture(height, width):
    image, _ = draw_image(np.random.default_rng(0), 128)
    return cv2.resize(image, (width, height))


def predict(cfg, images, between=()):
    """Persons in image px, through ``test_step`` as the runner calls it."""
    steps = list(cfg.test_dataloader.dataset.pipeline)
    pipeline = Compose([*steps[:-1], *between, steps[-1]])
    meta = CocoDataset._load_metainfo()
    batch = pseudo_collate([
        pipeline(
            dict(
                img=image,
                flip_indices=meta['flip_indices'],
                skeleton_links=meta['skeleton_links'])) for image in images
    ])
    with torch.no_grad():
        return [s.pred_instances for s in build(cfg).test_step(batch)]


def as_pyramid_of_one(results):
    return dict(results, img=[results['img']], aug_scales=[])


@pytest.mark.parametrize('flip_test', [False, True])
def test_scale_1_alone_gives_the_single_scale_poses_exactly(flip_test):
    image = picture(100, 150)
    expected, = predict(single_scale(flip_test=flip_test), [image])
    persons, = predict(
        multi_scale(None, flip_test=flip_test), [image], [as_pyramid_of_one])

    assert len(expected.keypoints) > 1
    for key in ('keypoints', 'keypoint_scores', 'bboxes', 'bbox_scores'):
        np.testing.assert_array_equal(persons[key], expected[key])


@pytest.mark.parametrize('flip_test', [False, True])
@pytest.mark.parametrize('height, width', [(100, 150), (170, 90)])
def test_each_scale_proposes_what_it_proposes_alone(height, width, flip_test):
    """Without fusion, and regardless of scores, which the scales share."""
    image = picture(height, width)
    found, = predict(
        multi_scale([0.5, 2], flip_test=flip_test, fuse=False), [image])
    alone = np.concatenate([
        predict(
            single_scale(size=size, flip_test=flip_test, fuse=False),
            [image])[0].keypoints for size in (SIZE, SIZE // 2, SIZE * 2)
    ])

    assert len(found.keypoints) == len(alone) > 20
    distance = np.abs(found.keypoints[:, None] - alone).max((-2, -1))
    assert distance.min(axis=0).max() < 1e-2  # px
    assert distance.min(axis=1).max() < 1e-2


def test_candidates_of_all_scales_go_into_one_fusion():
    """Scale 1 twice: every candidate meets its double and becomes one."""
    image = picture(100, 150)
    once, = predict(single_scale(), [image])
    twice, = predict(multi_scale([1]), [image])
    assert len(once.keypoints) == len(twice.keypoints)
    np.testing.assert_allclose(twice.keypoints, once.keypoints, atol=1e-2)
    np.testing.assert_allclose(
        twice.keypoint_scores, once.keypoint_scores, atol=1e-4)


@pytest.mark.parametrize('turn', [np.fliplr, np.rot90])
def test_batch_gives_what_each_image_gives_alone(turn):
    """Of one shape or of several."""
    images = [picture(100, 150), np.ascontiguousarray(turn(picture(100, 150)))]
    cfg = multi_scale([0.5])
    together = predict(cfg, images)
    for persons, image in zip(together, images):
        expected, = predict(cfg, [image])
        assert len(persons.keypoints) == len(expected.keypoints) > 1
        np.testing.assert_allclose(
            persons.keypoints, expected.keypoints, atol=1e-2)


def test_scale_that_is_rounded_is_refused():
    """90% of 128 px is no multiple of 64: MMPose would test 128 px again, and
    poses would be put back as if it were less."""
    with pytest.raises(ValueError, match='aug_scales has 0.9'):
        predict(multi_scale([0.9]), [picture(100, 150)])


# --- single-scale inputs are left to MMPose ---------------------------------


def test_without_scales_packing_and_preprocessing_are_the_stock_ones():
    meta_keys = ('ori_shape', 'aug_scales')
    results = dict(img=picture(64, 96), ori_shape=(64, 96), aug_scales=None)
    samples = [
        pack(meta_keys=meta_keys)(dict(results))
        for pack in (PackPoseInputs, PackPyramidInputs)
    ]
    assert torch.equal(samples[0]['inputs'], samples[1]['inputs'])
    metas = [sample['data_samples'].metainfo for sample in samples]
    assert metas[0] == metas[1]

    stock, pyramid = (
        MODELS.build(cfg.model.data_preprocessor)
        for cfg in (single_scale(), multi_scale([2])))
    for batch in (pseudo_collate(samples),
                  dict(
                      inputs=samples[0]['inputs'][None],
                      data_samples=[samples[0]['data_samples']])):
        expected, batch = stock(batch), pyramid(batch)
        assert torch.equal(batch['inputs'], expected['inputs'])
        for one, other in zip(batch['data_samples'], expected['data_samples']):
            assert one.metainfo == other.metainfo


def test_levels_are_normalised_alike():
    image = picture(64, 96)
    cfg = multi_scale([0.5])
    packed = PackPyramidInputs(meta_keys=('aug_scales', ))(
        dict(img=[image, image[:32]], aug_scales=[0.5]))
    batch = MODELS.build(cfg.model.data_preprocessor)(pseudo_collate([packed]))

    rgb = image[..., ::-1].transpose(2, 0, 1)
    expected = (rgb - np.array([123.675, 116.28, 103.53])[:, None, None]) \
        / np.array([58.395, 57.12, 57.375])[:, None, None]
    full, upper = batch['inputs']
    np.testing.assert_allclose(full[0], expected, atol=1e-5)
    np.testing.assert_allclose(upper[0], expected[:, :32], atol=1e-5)
    meta = batch['data_samples'][0].metainfo
    assert meta['aug_scales'] == [0.5]
    assert meta['batch_input_shape'] == (64, 96)


# --- MMPose's own ways to poses ---------------------------------------------


def test_inferencers_take_a_multi_scale_config(tmp_path):
    cfg = multi_scale([0.5, 2], flip_test=True)
    weights, config, image = (
        str(tmp_path / name)
        for name in ('weights.pth', 'config.py', 'image.png'))
    torch.save(dict(state_dict=build(cfg).state_dict(), meta={}), weights)
    cfg.dump(config)
    cv2.imwrite(image, picture(100, 150))
    expected, = predict(cfg, [cv2.imread(image)])

    sample, = inference_bottomup(
        init_model(config, weights, device='cpu'), image)
    np.testing.assert_allclose(
        sample.pred_instances.keypoints, expected.keypoints, atol=1e-2)

    inferencer = MMPoseInferencer(config, weights, device='cpu')
    persons = next(inferencer(image))['predictions'][0]
    np.testing.assert_allclose([person['keypoints'] for person in persons],
                               expected.keypoints,
                               atol=1e-2)
