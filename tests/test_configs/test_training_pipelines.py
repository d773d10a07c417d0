"""Training: image and persons in, targets out."""
import numpy as np
import pytest
import torch
from config_files import (OCHUMAN, PAPER, TABLE_1, TINY, keypoint_facts,
                          num_parts, pipeline_step)
from mmengine.dataset import Compose, pseudo_collate
from mmpose.registry import MODELS

# Configs that differ in their targets
TARGETS = [
    TINY, *PAPER,
    *(name for name in TABLE_1 if name.startswith(f'{OCHUMAN}_ppg_'))
]


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


@pytest.mark.parametrize('cfg', TARGETS, indirect=True)
def test_pipeline_makes_maps_with_the_unlabelled_masked(cfg, packed):
    _, packed = packed
    width, height = cfg.codec.input_size
    assert packed['inputs'].shape == (3, height, width)

    fields = packed['data_samples'].gt_fields
    num_maps = keypoint_facts(cfg)['num_keypoints'] + num_parts(cfg)
    assert fields.heatmaps.shape == (num_maps, height // 4, width // 4)
    assert fields.heatmap_weights.shape == fields.heatmaps.shape
    # The outermost cell blends with what lies beside the image.
    cell = 4 * 128 / width
    masked = (~fields.heatmap_mask[0, :-1, :-1]).nonzero() * cell
    assert (masked.min(), masked.max()) == (90, 110 - cell)


@pytest.mark.parametrize('cfg', TARGETS, indirect=True)
def test_pipeline_makes_rows_of_the_labelled_person_alone(cfg, packed):
    keypoints, packed = packed
    width, _ = cfg.codec.input_size
    rows = packed['data_samples'].gt_instance_labels

    # 4 x 4 cells around each part's centre
    assert rows.part_indices.bincount().tolist() == [16] * num_parts(cfg)
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


@pytest.mark.parametrize('cfg', [TINY], indirect=True)
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
