"""Persons of another image over those of this one, on colours."""
import numpy as np
import pytest
from mmpose.registry import TRANSFORMS

from mmpose_pinet.datasets import BottomupPastePersons, LoadOrientedImage
from mmpose_pinet.datasets.transforms.paste_persons import draw_outline

K = 6
LINKS = [(0, 1), (1, 2), (3, 4), (4, 5), (0, 3), (2, 5)]
# a frame of six keypoints, in boxes
SHAPE = np.array([[.1, .1], [.1, .5], [.1, .9], [.9, .1], [.9, .5], [.9, .9]])
WIDTH, HEIGHT = 120, 100


def make_image(boxes, colour, first_id=1):
    """Persons that fill their boxes, as a bottom-up dataset tells of them."""
    boxes = np.float32(boxes).reshape(-1, 4)
    sizes = boxes[:, 2:] - boxes[:, :2]
    count = len(boxes)
    return dict(
        img=np.full((HEIGHT, WIDTH, 3), colour, np.uint8),
        img_path='a.jpg',
        bbox=boxes,
        bbox_score=np.ones(count, np.float32),
        keypoints=np.float32(boxes[:, None, :2] + SHAPE * sizes[:, None]),
        keypoints_visible=np.ones((count, K), np.float32),
        area=np.float32(sizes.prod(1) / 2),
        num_keypoints=[K] * count,
        category_id=np.ones(count, int),
        id=[*range(first_id, first_id + count)],
        skeleton_links=LINKS)


class Others:
    """A dataset whose every image is this one."""

    def __init__(self, image):
        self.image = image

    def __len__(self):
        return 1

    def get_data_info(self, index):
        return self.image


def paste(results, other, seed=0, **kwargs):
    np.random.seed(seed)
    args = dict(pre_transform=[], prob=1., max_persons=1)
    transform = BottomupPastePersons(**{**args, **kwargs})
    return transform(dict(results, dataset=Others(other)))


HERE = [[20, 20, 60, 80]]
THERE = [[5, 10, 25, 50]]


def test_a_person_lies_over_another_with_its_labels_and_pixels():
    """At the middle of the one below, as large: all is known."""
    other = make_image(THERE, 200, first_id=7)
    found = paste(
        make_image(HERE, 50), other, scale=(1, 1), shift=0, max_covered=1)
    # half as large again, its middle at (40, 50)
    expected = (other['keypoints'][0] - [15, 30]) * 1.5 + [40, 50]
    np.testing.assert_allclose(found['keypoints'][1], expected, atol=1e-4)
    np.testing.assert_allclose(found['bbox'][1], [25, 20, 55, 80], atol=1e-4)
    assert found['area'][1] == pytest.approx(1.5**2 * other['area'][0])
    assert found['id'] == [1, 7]
    assert found['keypoints_visible'].tolist() == [[1] * K] * 2
    assert len(found['bbox_score']) == len(found['category_id']) == 2
    # its pixels between its limbs, those of the image away from it
    assert (found['img'][50, 40] == 200).all()
    assert (found['img'][5, 110] == 50).all()
    assert found['img'].dtype == np.uint8


def test_size_and_place_stay_in_their_ranges():
    other = make_image(THERE, 200)
    heights, shifts = [], []
    for seed in range(60):
        found = paste(
            make_image(HERE, 50),
            other,
            seed,
            scale=(0.5, 0.75),
            shift=0.25,
            max_covered=1)
        keypoints = found['keypoints'][1]
        heights.append(np.ptp(keypoints[:, 1]) / 0.8 / 60)
        shifts.append((keypoints.mean(0) - [40, 50]) / [40, 60])
    assert 0.5 <= min(heights) < 0.55 and 0.7 < max(heights) <= 0.7501
    shifts = np.abs(shifts)
    assert (shifts.max(0) > 0.2).all() and (shifts <= 0.2501).all()


def test_who_is_covered_is_unlabelled_and_others_are_not():
    """Four of six keypoints are under the other: two thirds."""
    here = make_image([*HERE, [90, 10, 110, 90]], 50)
    here['keypoints'][0, :2] = [[2, 2], [2, 97]]  # in sight
    other = make_image(THERE, 200)
    seen = dict(scale=(1, 1), shift=0)
    for most, labelled in [(0.6, 0), (0.7, 1)]:
        for seed in range(20):
            found = paste(here, other, seed, max_covered=most, **seen)
            host = 0 if found['bbox'][2][0] < 50 else 1
            if host == 0:
                break
        assert host == 0
        assert found['keypoints_visible'][0].tolist() == [labelled] * K
        assert found['keypoints_visible'][1].all()
        assert found['keypoints_visible'][2].all()


def test_what_lies_outside_the_image_is_not_labelled():
    here, there = make_image([[0, 20, 40, 80]], 50), make_image(THERE, 200)
    counts = set()
    for seed in range(20):
        found = paste(
            here, there, seed, scale=(1, 1), shift=0.9, max_covered=1)
        if len(found['keypoints']) == 1:
            continue  # all of it lies outside
        keypoints = found['keypoints'][1]
        inside = (keypoints >= 0) & (keypoints <= [WIDTH - 1, HEIGHT - 1])
        visible = found['keypoints_visible'][1]
        np.testing.assert_array_equal(visible > 0, inside.all(1))
        assert (found['bbox'][1] >= 0).all()
        counts.add(int(visible.sum()))
    assert len(counts) > 2


def test_no_more_than_asked_and_nobody_twice():
    other = make_image([[i * 20, 10, i * 20 + 15, 60] for i in range(5)], 200,
                       10)
    counts = []
    for seed in range(30):
        found = paste(make_image(HERE, 50), other, seed, max_persons=3)
        pasted = found['id'][1:]
        assert len(set(pasted)) == len(pasted)
        counts.append(len(pasted))
    assert set(counts) == {1, 2, 3}


@pytest.mark.parametrize(
    'here, other',
    [
        ([], THERE),
        (HERE, []),
        (HERE, [[5, 10, 5, 40]]),
        ([[20, 20, 60, 95]], [[5, 10, 8, 14]]),  # it would be a blur
    ])
def test_where_nobody_can_be_pasted_the_image_stays(here, other):
    here = make_image(here, 50)
    found = paste(here, make_image(other, 200))
    np.testing.assert_array_equal(found['img'], here['img'])
    assert len(found['keypoints']) == len(here['keypoints'])


def test_persons_of_few_keypoints_are_not_taken():
    other = make_image(THERE, 200)
    other['keypoints_visible'][0, 0] = 0
    assert len(paste(make_image(HERE, 50), other)['keypoints']) == 1


def test_a_share_of_the_images_is_left_alone():
    other = make_image(THERE, 200)
    pasted = [
        len(paste(make_image(HERE, 50), other, seed, prob=0.5)['id']) == 2
        for seed in range(100)
    ]
    assert 30 < sum(pasted) < 70


def test_the_outline_is_limbs_and_what_they_surround():
    keypoints = SHAPE * [80, 80] + 10
    outline = draw_outline(keypoints, np.ones(K, bool), (100, 100), LINKS, 20)
    assert outline.shape == (100, 100)
    assert outline[18, 18] and outline[50, 18]  # a keypoint and a limb
    assert outline[50, 50]  # between them
    assert not outline[50, 5] and not outline[2, 50]
    # without two of its limbs it surrounds nothing
    some = np.array([1, 1, 1, 0, 1, 1], bool)
    open_ = draw_outline(keypoints, some, (100, 100), LINKS, 20)
    assert not open_[50, 50] and not open_[18, 82]


def test_built_by_name_as_configs_do():
    transform = TRANSFORMS.build(dict(type='BottomupPastePersons'))
    assert transform.prob == 0.5
    loading, = transform.pre_transform.transforms
    assert isinstance(loading, LoadOrientedImage)


def test_a_dataset_is_needed():
    transform = BottomupPastePersons(prob=1.)
    with pytest.raises(ValueError, match='pipeline of the dataset itself'):
        transform(make_image(HERE, 50))


@pytest.mark.parametrize('wrong, message', [
    (dict(prob=1.5), 'prob'),
    (dict(max_persons=0), 'max_persons'),
    (dict(scale=(1.5, 1)), 'the lower end first'),
    (dict(scale=(0, 1)), 'scale'),
    (dict(shift=-1), 'shift'),
    (dict(max_covered=2), 'max_covered'),
])
def test_wrong_config(wrong, message):
    with pytest.raises(ValueError, match=f'BottomupPastePersons: .*{message}'):
        BottomupPastePersons(**wrong)
