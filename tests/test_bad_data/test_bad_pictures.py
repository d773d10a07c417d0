"""Each bad picture on each way: read right, or named in one error."""
import cv2
import numpy as np
import pytest
from bad_pictures import BAD_PICTURES, BRIGHT, DARK
from mmpose.apis import MMPoseInferencer
from random_weights import TINY, save_random_weights
from small_files import METADATA
from small_files import write as write_small_file
from small_set import CONFIG, Data
from ways import Try, open_set, table

from mmpose_pinet.apis import PINet
from mmpose_pinet.apis.check_data import check_data
from mmpose_pinet.deploy.resize import resize
from mmpose_pinet.deploy.runtime import PINetRuntime
from mmpose_pinet.pictures.bounds import MAX_RATIO
from mmpose_pinet.pictures.inputs import as_picture, read_image

FAST = [name for name, picture in BAD_PICTURES.items() if not picture.slow]
SLOW = [name for name, picture in BAD_PICTURES.items() if picture.slow]


@pytest.fixture(scope='module')
def finders(tmp_path_factory):
    """All that find the persons of a file, by their names."""
    folder = tmp_path_factory.mktemp('models')
    weights = save_random_weights(folder / 'a.pth')
    inferencer = MMPoseInferencer(
        pose2d=str(TINY), pose2d_weights=weights, device='cpu')
    return {
        'PINet': PINet(TINY, weights, device='cpu'),
        'runtime': PINetRuntime(write_small_file(folder / 'a.onnx')),
        'inferencer': lambda file: list(inferencer(file)),
    }


def plant(data, names):
    """Put pictures into both sets, under their numbers; returns these."""
    numbers = {}
    for of in (data.train, data.val):
        for name in names:
            picture = BAD_PICTURES[name]
            id_ = numbers.setdefault(name, 500 + len(numbers))
            entry = of.add_image(id_)
            person = of.add_person(id_, id_)
            picture.write(of.folder / f'{id_}.jpg')
            if picture.size:
                entry.update(width=picture.size[0], height=picture.size[1])
                # the person of the smallest pictures is elsewhere
                person.update(bbox=[0, 0, *picture.size], segmentation=[])
    return numbers


def see(image, size):
    """A fault if an image is not dark on the left and bright on the right."""
    width, height = size
    if image.shape != (height, width, 3) or image.dtype != np.uint8:
        return f'it is {image.shape} of {image.dtype}'
    far = width // 2 - 1
    if width > 1 and (abs(image[:, :far].mean() - DARK) > 25
                      or abs(image[:, -far:].mean() - BRIGHT) > 25):
        return (f'left {image[:, :far].mean():.0f}, '
                f'right {image[:, -far:].mean():.0f}')
    return ''


def judge(picture, call, names):
    """A fault unless a good picture passes, or a bad one is named."""
    try:
        call()
    except Exception as error:
        if picture.size is None and all(name in str(error) for name in names):
            return ''
        return f'{type(error).__name__}: {error}'
    return 'nothing is said' if picture.size is None else ''


def in_sets(names, data):
    """Try them in training and test, and look at what is loaded."""
    numbers = plant(data, names)
    for loop, of in (('train', data.train), ('val', data.val)):
        dataset = open_set(of, loop)
        index = {
            dataset.get_data_info(i)['img_id']: i
            for i in range(len(dataset))
        }
        load = dataset.pipeline.transforms[0]
        for name in names:
            picture, id_ = BAD_PICTURES[name], numbers[name]
            fault = judge(picture, lambda: dataset[index[id_]],
                          [f'{id_}.jpg', f'image {id_}'])
            if picture.size and not fault:
                loaded = load(dataset.get_data_info(index[id_]))
                fault = see(loaded['img'], picture.size)
            yield Try(name, loop, fault)


def in_check(names, data):
    """Try them all in one run of check-data."""
    numbers = plant(data, names)
    data.write()
    findings = check_data(CONFIG, data.options)
    told = [
        *findings.of('missing'), *findings.of('unreadable'),
        *findings.of('size')
    ]
    for name in names:
        found = [t for t in told if t.startswith(f'{numbers[name]}.jpg')]
        # in both sets, or in none
        wanted = 2 * (BAD_PICTURES[name].size is None)
        yield Try(name, 'check-data',
                  '' if len(found) == wanted else f'found {found}')


def by_a_person(names, finders, folder):
    """Try them where somebody hands a file over."""
    for number, name in enumerate(names):
        picture = BAD_PICTURES[name]
        file = folder / f'given{number}.jpg'
        picture.write(file)
        for way, find in finders.items():
            if (way, name) == ('inferencer', 'a folder'):
                continue  # a folder of pictures, by MMPose's rules
            yield Try(name, way,
                      judge(picture, lambda: find(str(file)), [file.name]))


def assert_no_faults(tries):
    tries = list(tries)
    print(table(tries))
    assert not any(t.fault for t in tries), table(tries)


def test_in_training_and_test(tmp_path):
    assert_no_faults(in_sets(FAST, Data(tmp_path)))


def test_in_one_run_of_check_data(tmp_path):
    assert_no_faults(in_check(FAST, Data(tmp_path)))


def test_handed_over(finders, tmp_path):
    assert_no_faults(by_a_person(FAST, finders, tmp_path))


@pytest.mark.slow
def test_extreme_ones(finders, tmp_path):
    (tmp_path / 'sets').mkdir()
    data = Data(tmp_path / 'sets')
    assert_no_faults(
        [*in_sets(SLOW, data), *by_a_person(SLOW, finders, tmp_path)])


@pytest.mark.parametrize('size', [(3000, 10), (10, 3000), (300, 1)])
def test_a_long_picture_takes_no_more_than_its_bound(size):
    image = np.zeros((size[1], size[0], 3), np.uint8)
    pixels, frame = resize(image, METADATA)
    side = METADATA.short_side
    assert max(pixels.shape[:2]) == MAX_RATIO * side
    assert min(pixels.shape[:2]) == METADATA.size_factor
    # the corners of the picture come back
    scale = MAX_RATIO * side / max(size)
    margin = (np.array(frame.size) - scale * np.array(size)) / 2
    corners = np.array([margin, np.array(frame.size) - margin])
    np.testing.assert_allclose(
        frame.to_image(corners), [[0, 0], size], atol=.01)


def test_a_jpeg_cut_off_is_told_before_it_is_read(tmp_path, monkeypatch):
    """OpenCV before 4.11 reads it, and fills what is missing with grey."""
    file = tmp_path / 'a.jpg'
    BAD_PICTURES['JPEG cut off'].write(file)
    grey = np.full((4, 4, 3), 128, np.uint8)
    monkeypatch.setattr(cv2, 'imdecode', lambda *args: grey)
    with pytest.raises(ValueError, match='a.jpg.*cut off'):
        read_image(as_picture(file))
