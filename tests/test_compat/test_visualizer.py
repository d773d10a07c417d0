"""Drawings are MMPose's, on each numpy."""
import warnings
from pathlib import Path

import numpy as np
import pytest
from mmengine.structures import InstanceData
from mmengine.utils import digit_version
from mmpose.registry import VISUALIZERS
from mmpose.structures import PoseDataSample

from mmpose_pinet.datasets.metainfo import metainfo_of

CONFIGS = Path(__file__).parents[2] / 'configs'
TAKES_ARRAYS = digit_version(np.__version__) < digit_version('2.4')


def draw(kind, backend, **kwargs):
    """A picture of two persons with boxes, beside the truth."""
    visualizer = VISUALIZERS.build(
        dict(type=kind, name=f'{kind} {backend} {kwargs}', backend=backend))
    visualizer.set_dataset_meta(metainfo_of(17))
    rng = np.random.default_rng(0)
    persons = InstanceData(
        keypoints=rng.uniform(0, 90, (2, 17, 2)),
        keypoint_scores=rng.random((2, 17)),
        keypoints_visible=rng.random((2, 17)),
        bboxes=np.array([[1., 2, 40, 50], [30, 40, 80, 90]]),
        bbox_scores=np.ones(2))
    sample = PoseDataSample(gt_instances=persons, pred_instances=persons)
    visualizer.add_datasample('a', np.zeros((90, 90, 3), np.uint8), sample,
                              **kwargs)
    return visualizer.get_image()


@pytest.mark.parametrize('backend', ['opencv', 'matplotlib'])
@pytest.mark.parametrize(
    'kwargs', [{}, dict(show_kpt_idx=True),
               dict(draw_bbox=False)])
def test_persons_are_drawn(backend, kwargs):
    with warnings.catch_warnings():
        # numpy says it from 1.25 on, before it is an error
        warnings.filterwarnings('error', '.*ndim > 0', DeprecationWarning)
        drawn = draw('PersonVisualizer', backend, **kwargs)
    assert drawn.any()
    if TAKES_ARRAYS:
        with warnings.catch_warnings():
            warnings.simplefilter('ignore')
            stock = draw('PoseLocalVisualizer', backend, **kwargs)
        np.testing.assert_array_equal(drawn, stock)


def test_every_config_draws_by_it():
    """Those that stand on MMPose's say so; the rest stand on them."""
    texts = [path.read_text() for path in CONFIGS.rglob('*.py')]
    bases = [text for text in texts if "'mmpose::" in text]
    assert len(bases) >= 4
    for text in bases:
        assert "\nvisualizer = dict(type='PersonVisualizer')" in text
