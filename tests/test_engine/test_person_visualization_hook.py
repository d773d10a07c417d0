"""What a test draws: likely persons, no boxes, on the picture as stored."""
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.registry import DefaultScope
from mmengine.structures import InstanceData
from mmpose.registry import HOOKS, VISUALIZERS
from mmpose.structures import PoseDataSample
from PIL import Image

from mmpose_pinet.datasets.metainfo import metainfo_of

CONFIGS = Path(__file__).resolve().parents[2] / 'configs/pinet'
HEIGHT, WIDTH = 80, 160
GREY = 128


@pytest.fixture(
    params=['pinet_hrnet-w32_ochuman', 'pinet_hrnet-tiny_drawn-crowd'])
def hook(request):
    """As ``test.py --show-dir show`` sets it up."""
    cfg = Config.fromfile(CONFIGS / f'{request.param}.py')
    cfg.visualizer.name = f'visualizer of {request.param}'
    with DefaultScope.overwrite_default_scope('mmpose'):
        VISUALIZERS.build(cfg.visualizer)
        return HOOKS.build(
            dict(cfg.default_hooks.visualization, enable=True, out_dir='show'))


@pytest.fixture
def runner(tmp_path):
    evaluator = SimpleNamespace(dataset_meta=metainfo_of(17))
    return SimpleNamespace(
        work_dir=str(tmp_path),
        timestamp='today',
        iter=0,
        model=torch.nn.Identity(),
        test_evaluator=evaluator,
        val_evaluator=evaluator)


def found(path, *persons):
    """A sample with persons, each 20 px wide around a point, in a box that
    is 10 px wider on each side."""
    around = np.random.default_rng(0).uniform(-10, 10, (17, 2))
    centres = np.array([xy for xy, _ in persons], float).reshape(-1, 2)
    scores = np.array([score for _, score in persons])
    sample = PoseDataSample(metainfo=dict(img_path=str(path), img_id=1))
    sample.pred_instances = InstanceData(
        keypoints=centres[:, None] + around,
        keypoint_scores=np.repeat(scores[:, None], 17, 1),
        keypoints_visible=np.repeat(scores[:, None], 17, 1),
        bboxes=np.concatenate([centres - 20, centres + 20], 1),
        bbox_scores=scores)
    return sample


def draw(hook, runner, *samples):
    hook.after_test_iter(runner, 0, {}, samples)
    return [
        cv2.imread(str(path))
        for path in sorted(Path(runner.work_dir, 'today/show').iterdir())
    ]


@pytest.fixture
def picture(tmp_path):
    path = tmp_path / 'grey.png'
    cv2.imwrite(str(path), np.full((HEIGHT, WIDTH, 3), GREY, np.uint8))
    return path


def test_the_likely_person_is_drawn_and_the_unlikely_is_not(
        hook, runner, picture):
    sample = found(picture, ((40, 40), 0.12), ((120, 40), 0.09))
    drawn, = draw(hook, runner, sample)
    assert drawn.shape == (HEIGHT, WIDTH, 3)
    touched = (drawn != GREY).any(-1)
    assert touched[25:55, 25:55].any()
    assert not touched[:, 80:].any()


@pytest.mark.parametrize('score_thr, drawn_persons', [(None, 1), (.2, 2)])
def test_a_model_may_know_better_unless_told(hook, runner, picture, score_thr,
                                             drawn_persons):
    """A score of 0.25 means little of a model whose scores know OKS."""
    runner.model.head = SimpleNamespace(shown_from=.3)
    hook.score_thr = score_thr
    drawn, = draw(hook, runner,
                  found(picture, ((40, 40), 0.35), ((120, 40), 0.25)))
    touched = (drawn != GREY).any(-1)
    assert touched[:, :80].any()
    assert touched[:, 80:].any() == (drawn_persons == 2)


def test_no_box_is_drawn(hook, runner, picture):
    drawn, = draw(hook, runner, found(picture, ((40, 40), 0.9)))
    touched = (drawn != GREY).any(-1)
    touched[25:55, 25:55] = False  # the person, and half a line's width
    assert not touched.any()


def test_what_is_evaluated_stays_as_it_is(hook, runner, picture):
    sample = found(picture, ((40, 40), 0.9), ((120, 40), 0.01))
    draw(hook, runner, sample)
    assert len(sample.pred_instances) == 2


def test_nobody_is_drawn_where_nobody_is_found(hook, runner, picture):
    drawn, = draw(hook, runner, found(picture))
    assert (drawn == GREY).all()


def test_colours_are_those_of_the_image(hook, runner, tmp_path):
    red = np.full((HEIGHT, WIDTH, 3), (0, 0, 200), np.uint8)
    path = tmp_path / 'red.png'
    cv2.imwrite(str(path), red)
    drawn, = draw(hook, runner, found(path))
    np.testing.assert_array_equal(drawn, red)


def test_scores_of_keypoints_stand_in_where_persons_have_none(
        hook, runner, picture):
    """As with MMPose's DEKR."""
    sample = found(picture, ((40, 40), 0.12), ((120, 40), 0.09))
    del sample.pred_instances.bbox_scores
    drawn, = draw(hook, runner, sample)
    assert (drawn[:, :80] != GREY).any()
    assert (drawn[:, 80:] == GREY).all()


def test_images_of_one_name_are_all_drawn(hook, runner, picture):
    first = found(picture, ((40, 40), 0.9))
    second = found(picture, ((120, 40), 0.9))
    drawn = draw(hook, runner, first, second)
    assert [(d[:, :80] != GREY).any() for d in drawn] == [True, False]


def test_a_picture_that_exif_turns_is_drawn_as_stored(hook, runner, tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6  # the orientation: to be shown turned by a quarter
    path = tmp_path / 'turned.jpg'
    Image.new('RGB', (WIDTH, HEIGHT), (GREY, ) * 3).save(path, exif=exif)
    drawn, = draw(hook, runner, found(path, ((120, 40), 0.9)))
    assert drawn.shape == (HEIGHT, WIDTH, 3)
    assert (np.abs(drawn[25:55, 105:135].astype(int) - GREY) > 30).any()


def test_a_validation_is_drawn_every_so_often(hook, runner, picture,
                                              monkeypatch):
    hook.interval = 2
    steps = []
    monkeypatch.setattr(
        hook._visualizer, 'add_datasample',
        lambda name, image, data_sample, step, **kwargs: steps.append(
            (name, len(data_sample.pred_instances), step)))
    for batch in range(4):
        hook.after_val_iter(runner, batch, {}, [
            found(picture, ((40, 40), 0.9), ((120, 40), 0.01)),
            found(picture, ((40, 40), 0.9))
        ])
    assert steps == [('val_img', 1, 0), ('val_img', 1, 2)]


def test_nothing_is_drawn_unasked(hook, runner, picture):
    hook.enable = False
    hook.after_test_iter(runner, 0, {}, [found(picture)])
    hook.after_val_iter(runner, 0, {}, [found(picture)])
    assert not Path(runner.work_dir, 'today').exists()
