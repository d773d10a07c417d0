"""Persons of pictures in one call, as MMPose's own way finds them."""
import cv2
import numpy as np
import pytest
import torch
from mmpose.apis import inference_bottomup, init_model
from PIL import Image
from random_weights import TINY

from mmpose_pinet.apis import PINet
from mmpose_pinet.deploy import runtime
from mmpose_pinet.models.pose_estimators import precision

KEYS = 'keypoints', 'keypoint_scores', 'bboxes', 'bbox_scores'


def assert_same(result, other):
    assert len(result) == len(other) > 0
    for key in KEYS:
        np.testing.assert_allclose(
            getattr(result, key), getattr(other, key), atol=1e-3)


def stock(config, weights, file):
    """What MMPose's own way finds: every candidate."""
    model = init_model(str(config), weights, device='cpu')
    return inference_bottomup(model, str(file))[0].pred_instances


@pytest.fixture
def batches(model, monkeypatch):
    """How many pictures each call of the model gets."""
    sizes, step = [], model.model.test_step
    monkeypatch.setattr(
        model.model, 'test_step',
        lambda data: sizes.append(len(data['inputs'])) or step(data))
    return sizes


def test_a_picture_gives_what_mmpose_finds(config, weights, pictures):
    everyone = PINet(config, weights, 'cpu', score_thr=0)(pictures[1])
    expected = stock(config, weights, pictures[1])
    assert_same(everyone, expected)
    middle = float(np.median(expected.bbox_scores))
    likely = PINet(config, weights, 'cpu', score_thr=middle)(pictures[1])
    assert 0 < len(likely) < len(everyone)
    assert_same(likely, expected[expected.bbox_scores >= middle])


def words(recwarn):
    """The warnings that a user sees: Python shows none on what libraries call
    of each other that is deprecated."""
    return [
        str(warning.message) for warning in recwarn
        if not issubclass(warning.category, DeprecationWarning)
    ]


def test_a_model_is_made_without_a_word(config, weights, recwarn, capfd):
    PINet(config, weights, 'cpu')
    assert words(recwarn) == []
    assert capfd.readouterr() == ('', '')


def test_a_metainfo_file_that_is_not_there_is_told(config, weights, recwarn,
                                                   tmp_path):
    """MMPose takes its own file of the same name instead."""
    mistyped = tmp_path / 'mistyped.py'
    mistyped.write_text(f"""
_base_ = {str(config)!r}
train_dataloader = dict(
    dataset=dict(metainfo=dict(from_file='my_confgs/coco.py')))
""")
    PINet(mistyped, weights, 'cpu')
    assert any('"my_confgs/coco.py" does not exist' in word
               for word in words(recwarn))


def test_what_a_result_knows(model, pictures):
    result = model(pictures[1])
    assert result.image_size == (128, 90)
    assert result.source == str(pictures[1]) and result.frame is None
    assert result.keypoint_names[:2] == ('nose', 'left_eye')
    # COCO's skeleton: an ankle and its knee
    assert (15, 13) in result.skeleton_links
    assert (np.diff(result.bbox_scores) <= 0).all()
    assert result.plot().shape == (90, 128, 3)


def test_an_array_is_a_picture(model, pictures):
    result = model(cv2.imread(str(pictures[0])))
    assert_same(result, model(str(pictures[0])))
    assert result.source is None


@pytest.mark.parametrize('batch_size, sizes', [(2, [1, 2, 2]), (50, [2, 3])])
def test_batches_of_one_shape(model, pictures, batches, batch_size, sizes):
    """Each shape runs together, in one call where it fits, and every picture
    gets what it gets alone."""
    results = model(pictures, batch_size=batch_size)
    assert sorted(batches) == sizes
    assert [r.source for r in results] == [str(file) for file in pictures]
    for result, file in zip(results, pictures):
        assert_same(result, model(file))


def test_many_pictures(model, pictures):
    """A list gives a list, all others an iterator, in the same order."""
    expected = model(pictures)
    assert isinstance(expected, list)
    folder = pictures[0].parent
    images = (cv2.imread(str(file)) for file in pictures)
    for inputs in folder, f'{folder}/*.png', iter(pictures), images:
        results = model(inputs, batch_size=2)
        assert iter(results) is results
        results = list(results)
        assert len(results) == len(expected)
        for result, other in zip(results, expected):
            assert_same(result, other)


def test_a_video(model, video):
    results = list(model(video, batch_size=2))
    assert [result.frame for result in results] == [0, 1, 2, 3, 4]
    assert {result.source for result in results} == {str(video)}
    capture = cv2.VideoCapture(str(video))
    assert_same(results[0], model(capture.read()[1]))


def test_a_photograph_that_exif_turns_is_looked_at_upright(
        model, pictures, tmp_path):
    upright = cv2.imread(str(pictures[1]))
    stored = cv2.rotate(upright, cv2.ROTATE_90_COUNTERCLOCKWISE)
    exif = Image.Exif()
    exif[0x0112] = 6  # the orientation: to be shown turned clockwise
    Image.fromarray(stored[..., ::-1]).save(tmp_path / 'turned.png', exif=exif)
    result = model(tmp_path / 'turned.png')
    assert_same(result, model(upright))
    assert (result.plot() == result.plot(upright)).all()


def test_several_scales(config, weights, pictures, tmp_path):
    """Also a pyramid of images runs in batches."""
    several = tmp_path / 'multiscale.py'
    several.write_text(f"""
_base_ = {str(config)!r}
model = dict(
    data_preprocessor=dict(type='PyramidDataPreprocessor'),
    test_cfg=dict(multiscale_test=True))
pipeline = list(_base_.small_pipeline)
pipeline[1] = dict(pipeline[1], aug_scales=[0.5])
pipeline[2] = dict(pipeline[2], type='PackPyramidInputs')
test_dataloader = dict(dataset=dict(pipeline=pipeline))
""")
    model = PINet(several, weights, 'cpu')
    expected = [model(file) for file in pictures[:3]]
    found = stock(several, weights, pictures[0])
    assert_same(expected[0], found[found.bbox_scores >= 0.1])
    for result, other in zip(model(pictures[:3], batch_size=2), expected):
        assert_same(result, other)


def test_bfloat16_finds_much_the_same(config, weights, pictures, model,
                                      monkeypatch):
    # PyTorch runs it on any CPU, if slowly
    monkeypatch.setattr(precision, 'native_precisions', lambda _: ['bf16'])
    exact = model(pictures[0])
    rough = PINet(config, weights, 'cpu', precision='bf16')(pictures[0])
    gaps = np.linalg.norm(
        exact.keypoints[:, None] - rough.keypoints[None], axis=-1).mean(-1)
    assert 0 < np.median(gaps.min(1)) < 2


def test_wrong_arguments(weights, model, pictures):
    with pytest.raises(ValueError, match="'int8' is unknown.*'bf16', 'fp16'"):
        PINet(TINY, weights, 'cpu', precision='int8')
    with pytest.raises(ValueError, match="'fp16': this CPU has no instr"):
        PINet(TINY, weights, 'cpu', precision='fp16')
    with pytest.raises(
            ValueError, match='batch_size=0 must be a whole number'):
        model(pictures, batch_size=0)


def test_a_precision_that_a_model_would_not_heed_is_refused(
        config, weights, tmp_path):
    stock_one = tmp_path / 'stock.py'
    stock_one.write_text(f"""
_base_ = {str(config)!r}
model = dict(type='BottomupPoseEstimator')
""")
    assert PINet(stock_one, weights, 'cpu').model is not None
    with pytest.raises(ValueError, match='is not for a BottomupPoseEstim'):
        PINet(stock_one, weights, 'cpu', precision='bf16')


def test_arguments_of_other_kinds_of_models(weights, config):
    with pytest.raises(
            ValueError,
            match='a.onnx is an exported file, which '
            'takes no weights: it holds its own'):
        PINet('a.onnx', weights)
    with pytest.raises(ValueError, match='takes no device: .* on the CPU'):
        PINet('a.onnx', device='cpu')
    with pytest.raises(ValueError, match='is a config, which takes no engine'):
        PINet(config, weights, engine='openvino')
    with pytest.raises(ValueError, match='takes no threads: .*OMP_NUM_THREA'):
        PINet(config, weights, threads=1)


def test_an_exported_file_is_a_model(tmp_path, monkeypatch):
    """All arguments of it reach its runtime."""
    seen = []
    monkeypatch.setattr(
        runtime, 'PINetRuntime', lambda *args: seen.append(args) or
        (lambda inputs, batch_size: [inputs, batch_size]))
    model = PINet(
        tmp_path / 'A.ONNX',
        precision='bf16',
        score_thr=0,
        engine='openvino',
        threads=2)
    assert model('photographs', 8) == ['photographs', 8]
    PINet('b.onnx')
    assert seen == [(tmp_path / 'A.ONNX', 'openvino', 'bf16', 2, 0),
                    ('b.onnx', 'auto', 'fp32', None, None)]


def test_what_cannot_be_read_is_named(model, pictures, tmp_path):
    with pytest.raises(FileNotFoundError, match='none.jpg is no file'):
        model('none.jpg')
    (tmp_path / 'empty.jpg').touch()
    (tmp_path / 'text.jpg').write_text('text')
    for name in 'empty.jpg', 'text.jpg':
        with pytest.raises(ValueError, match=f'{name} cannot be read as a pi'):
            model([pictures[0], tmp_path / name])


def test_there_are_no_poses_without_weights(config, weights, tmp_path,
                                            pictures):
    with pytest.raises(ValueError, match='has no weights.*load_from'):
        PINet(config)
    mine = tmp_path / 'mine.py'
    mine.write_text(f'_base_ = {str(config)!r}\nload_from = {weights!r}')
    assert len(PINet(mine, device='cpu')(pictures[0])) > 0


def test_the_backbones_own_start_is_not_loaded(weights, tmp_path):
    """It would be downloaded, to be replaced at once."""
    config = tmp_path / 'mine.py'
    config.write_text(f'''
_base_ = {str(TINY)!r}
model = dict(backbone=dict(
    init_cfg=dict(
        _delete_=True, type='Pretrained', checkpoint='no/such/file.pth')))
''')
    model = PINet(config, weights, device='cpu')
    saved = torch.load(weights)['state_dict']
    for name, value in model.model.state_dict().items():
        assert torch.equal(value, saved[name])


def test_a_video_with_identities(model, video, tmp_path):
    results = list(
        model.predict_video(
            video,
            tmp_path / 'a.mp4',
            tmp_path / 'a.json',
            start_score=0.,
            batch_size=2))
    for result, plain in zip(results, model(video, batch_size=2)):
        np.testing.assert_array_equal(result.keypoints, plain.keypoints)
        assert result.ids.min() >= 1 and len(set(result.ids)) == len(plain)
    assert (tmp_path / 'a.mp4').is_file() and (tmp_path / 'a.json').is_file()
