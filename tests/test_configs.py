"""Every config reads, builds, makes targets and judges poses."""
import json
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.dataset import Compose, pseudo_collate
from mmengine.fileio import load
from mmengine.registry import DefaultScope
from mmengine.structures import InstanceData
from mmpose.registry import DATASETS, METRICS, MODELS

CONFIGS = Path(__file__).parents[1] / 'configs' / 'pinet'
NAMES = [path.stem for path in sorted(CONFIGS.glob('*.py'))]

# What Sec. 4.2 of the paper and the authors' release say: epochs, epochs at
# which the learning rate falls, batch size, refinement layers and the
# smallest box, in px^2, that is trained.
PAPER = {
    'pinet_hrnet-w32_ochuman': (140, [90, 120], 20, 3, 32**2),
    'pinet_hrnet-w32_crowdpose': (300, [200, 260], 40, 3, 0),
    'pinet_hrnet-w32_coco': (140, [90, 120], 40, 2, 32**2),
}


@pytest.fixture(autouse=True)
def scope():
    with DefaultScope.overwrite_default_scope('mmpose'):
        yield


@pytest.fixture(params=NAMES)
def cfg(request):
    return Config.fromfile(CONFIGS / f'{request.param}.py')


def keypoint_facts(cfg):
    """What MMPose's own dataset says about its keypoints."""
    dataset = DATASETS.get(cfg.train_dataloader.dataset.type)
    return dataset._load_metainfo()


# --- the model --------------------------------------------------------------


def test_model_fits_codec_and_dataset(cfg):
    facts = keypoint_facts(cfg)
    num_keypoints = facts['num_keypoints']
    head_cfg = cfg.model.head
    assert head_cfg.num_keypoints == num_keypoints
    np.testing.assert_allclose(head_cfg.post_processor.sigmas, facts['sigmas'])
    # the codec of the targets is the codec of the head
    targets = pipeline_step(cfg.train_pipeline, 'GenerateTarget')
    assert targets.encoder == head_cfg.decoder

    cfg.model.backbone.init_cfg = None  # no download
    with torch.device('meta'):  # shapes alone, which takes no time
        model = MODELS.build(cfg.model)
        maps = model.head(model.extract_feat(torch.zeros(2, 3, 64, 128)))
    assert maps.shape == (2, num_keypoints + 3, 16, 32)
    adjacency = model.head.refinement.adjacency
    assert adjacency.shape == (num_keypoints, num_keypoints)


@pytest.mark.parametrize('name', PAPER)
def test_schedule_is_the_papers(name):
    cfg = Config.fromfile(CONFIGS / f'{name}.py')
    epochs, milestones, batch_size, num_layers, smallest = PAPER[name]
    assert cfg.train_cfg.max_epochs == epochs
    assert [s.milestones for s in cfg.param_scheduler] == [milestones]
    assert cfg.optim_wrapper.optimizer == dict(type='Adam', lr=1e-3)
    assert cfg.auto_scale_lr.base_batch_size == batch_size
    head = cfg.model.head
    assert head.refinement.num_layers == num_layers
    assert head.displacement_loss.loss_weight == 0.03
    assert head.refine_loss.loss_weight == 0.03
    assert head.decoder.get('min_instance_area', 32**2) == smallest
    assert cfg.codec.input_size == (512, 512)


# --- training: image and persons in, targets out ----------------------------


def pipeline_step(pipeline, name):
    return next(step for step in pipeline if step.type == name)


def still(pipeline):
    """The pipeline with an augmentation that does nothing."""
    pipeline_step(pipeline, 'BottomupRandomAffine').update(
        rotate_prob=0, scale_prob=0, shift_prob=0)
    pipeline_step(pipeline, 'RandomFlip').prob = 0.
    return pipeline


@pytest.fixture
def packed(cfg):
    """One image of 128 x 128 px after the pipeline, with a person and,
    beside it, another whom nobody labelled."""
    facts = keypoint_facts(cfg)
    num_keypoints = facts['num_keypoints']
    rng = np.random.default_rng(0)
    keypoints = rng.uniform(40, 90, (2, num_keypoints, 2)).astype(np.float32)
    visible = np.ones((2, num_keypoints), np.float32)
    visible[1] = 0
    return keypoints[0], Compose(still(cfg.train_pipeline))(
        dict(
            img=np.zeros((128, 128, 3), np.uint8),
            img_path=None,
            keypoints=keypoints.copy(),
            keypoints_visible=visible,
            bbox=np.array([[40, 40, 90, 90]] * 2, np.float32),
            area=np.ones(2, np.float32),
            invalid_segs=[[[90, 90, 110, 90, 110, 110, 90, 110]]],
            flip_indices=facts['flip_indices']))


def test_pipeline_makes_maps_with_the_unlabelled_masked(cfg, packed):
    _, packed = packed
    width, height = cfg.codec.input_size
    assert packed['inputs'].shape == (3, height, width)

    fields = packed['data_samples'].gt_fields
    num_maps = cfg.model.head.num_keypoints + 3
    assert fields.heatmaps.shape == (num_maps, height // 4, width // 4)
    assert fields.heatmap_weights.shape == fields.heatmaps.shape
    # The outermost cell blends with what lies beside the image.
    cell = 4 * 128 / width
    masked = (~fields.heatmap_mask[0, :-1, :-1]).nonzero() * cell
    assert (masked.min(), masked.max()) == (90, 110 - cell)


def test_pipeline_makes_rows_of_the_labelled_person_alone(cfg, packed):
    keypoints, packed = packed
    width, _ = cfg.codec.input_size
    rows = packed['data_samples'].gt_instance_labels

    # 4 x 4 cells around each of 3 part centres
    assert rows.part_indices.bincount().tolist() == [16, 16, 16]
    cells = torch.stack([
        rows.cell_indices % (width // 4),
        torch.div(rows.cell_indices, width // 4, rounding_mode='floor')
    ], -1)
    poses = (cells[:, None] + rows.displacements) * (4 * 128 / width)
    torch.testing.assert_close(
        poses, torch.from_numpy(keypoints).expand_as(poses), atol=1e-3, rtol=0)
    # a box of 50 x 50 px, scaled with the image
    weights = rows.displacement_weights
    torch.testing.assert_close(
        weights, torch.full_like(weights, 1 / (50 * width / 128)))


@pytest.mark.parametrize(
    'cfg', ['pinet_hrnet-tiny_drawn-crowd'], indirect=True)
def test_model_learns_from_what_the_pipeline_packs(cfg, packed):
    model = MODELS.build(cfg.model)
    batch = model.data_preprocessor(
        pseudo_collate([packed[1]] * 2), training=True)
    losses = model(**batch, mode='loss')
    total, _ = model.parse_losses(losses)
    total.backward()
    assert set(losses) == {'loss/heatmap', 'loss/displacement', 'loss/refine'}
    assert all(loss > 0 for loss in losses.values())
    assert model.backbone.conv1.weight.grad.abs().sum() > 0


# --- evaluation: the truth in, AP 1 out -------------------------------------


@pytest.fixture
def drawn_truth(tmp_path):
    """Writes two images, one of which holds nobody, as a COCO file."""

    def write(num_keypoints):
        rng = np.random.default_rng(0)
        (tmp_path / 'pictures').mkdir()
        images = []
        for i in (1, 2):
            cv2.imwrite(
                str(tmp_path / f'pictures/{i}.png'),
                rng.integers(0, 255, (60, 90, 3), np.uint8))
            images.append(
                dict(
                    id=i,
                    file_name=f'{i}.png',
                    width=90,
                    height=60,
                    crowdIndex=0.9))
        keypoints = np.full((num_keypoints, 3), 2.)
        keypoints[:, :2] = rng.uniform(10, 50, (num_keypoints, 2))
        person = dict(
            id=1,
            image_id=1,
            category_id=1,
            bbox=[10, 10, 40, 40],
            area=1600,
            iscrowd=0,
            num_keypoints=num_keypoints,
            keypoints=keypoints.flatten().tolist())
        truth = dict(
            images=images,
            annotations=[person],
            categories=[dict(id=1, name='person')])
        (tmp_path / 'truth.json').write_text(json.dumps(truth))
        return keypoints[None, :, :2]

    return write


def test_truth_is_judged_perfect_on_data_named_by_options(
        cfg, drawn_truth, tmp_path):
    """As ``--cfg-options`` would: three keys, and none for the evaluator."""
    keypoints = drawn_truth(keypoint_facts(cfg)['num_keypoints'])
    cfg.merge_from_dict({
        'test_dataloader.dataset.data_root': str(tmp_path),
        'test_dataloader.dataset.ann_file': 'truth.json',
        'test_dataloader.dataset.data_prefix.img': 'pictures/'
    })
    dataset = DATASETS.build(cfg.test_dataloader.dataset)
    metric = METRICS.build(cfg.test_evaluator)
    metric.dataset_meta = dataset.metainfo

    assert len(dataset) == 2
    for packed, poses in zip(dataset, (keypoints, keypoints[:0])):
        sample = packed['data_samples']
        # 60 px become the short side; 64 divides the long one
        width, height = sample.input_size
        assert height == cfg.codec.input_size[1]
        assert width == np.ceil(height * 1.5 / 64) * 64
        assert packed['inputs'].shape == (3, height, width)
        sample.pred_instances = InstanceData(
            keypoints=poses,
            keypoint_scores=np.ones(poses.shape[:2]),
            bbox_scores=np.ones(len(poses)))
        metric.process([], [sample.to_dict()])

    scores = metric.evaluate(size=2)
    best = cfg.default_hooks.checkpoint.save_best
    assert scores[best] == pytest.approx(1)
    if metric.iou_type == 'keypoints_crowd':
        assert scores[best + '(H)'] == pytest.approx(1)
        assert scores[best + '(E)'] == -1  # no such image


# --- the index --------------------------------------------------------------


def test_index_names_configs_that_are_there():
    root = CONFIGS.parents[1]
    models = [
        model for path in load(root / 'model-index.yml')['Import']
        for model in load(root / path)['Models']
    ]
    assert {model['Name'] for model in models} == set(PAPER)
    for model in models:
        assert (root / model['Config']).stem == model['Name']
        assert (root / model['Config']).is_file()
