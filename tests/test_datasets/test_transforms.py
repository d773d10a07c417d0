"""The box area and the crowd mask, on data drawn here."""
import numpy as np
import pycocotools.mask as cocomask
import pytest
from mmpose.datasets.transforms import (BottomupRandomAffine, GenerateTarget,
                                        PackPoseInputs, RandomFlip)
from mmpose.registry import KEYPOINT_CODECS
from run_lengths import runs_by_loop

from mmpose_pinet.datasets import BottomupBoxArea, BottomupCrowdMask

HEIGHT, WIDTH = 24, 32


@pytest.fixture
def rng():
    return np.random.default_rng(0)


# --- box area ---------------------------------------------------------------


def augmented(bbox, **affine):
    """A 100 x 80 image with boxes, brought to 128 x 128 at a known scale."""
    results = dict(
        img=np.zeros((80, 100, 3), np.uint8),
        img_shape=(80, 100),
        flip_indices=[0],
        bbox=np.array(bbox, np.float32),
        area=np.full(len(bbox), 7, np.float32))  # of a mask, smaller
    np.random.seed(1)
    results = BottomupRandomAffine(
        input_size=(128, 128), distribution='uniform', **affine)(
            results)
    return RandomFlip(prob=1.)(results)


def test_area_of_turned_scaled_and_flipped_boxes_is_that_of_the_box():
    """Shift, turn and flip keep an area; the scale counts squared."""
    scale = 1.25
    results = augmented([[10, 20, 50, 70], [30, 5, 40, 75]],
                        rotate_factor=30,
                        scale_factor=(scale, scale),
                        shift_factor=0.1)
    # the box is turned indeed
    assert not np.isclose(results['bbox'][0, 0, 0], results['bbox'][0, 1, 0])

    results = BottomupBoxArea()(results)

    zoom = 128 / (scale * 80)  # the short side, 80 px, spans 1 / scale
    expected = np.array([40 * 50, 10 * 70]) * zoom**2
    np.testing.assert_allclose(results['area'], expected, rtol=1e-4)
    assert results['area'].dtype == np.float32


def test_area_of_upright_boxes():
    results = augmented([[10, 20, 50, 70]],
                        rotate_factor=0,
                        scale_factor=(1, 1),
                        shift_factor=0,
                        bbox_keep_corner=False)
    assert results['bbox'].shape == (1, 4)
    area = BottomupBoxArea()(results)['area']
    np.testing.assert_allclose(area, [40 * 50 * 1.6**2], rtol=1e-4)


def test_area_needs_no_annotated_area():
    """CrowdPose annotates none; an image may hold nobody."""
    assert 'area' in BottomupBoxArea()(dict(bbox=np.ones((1, 4, 2))))
    assert BottomupBoxArea()(dict(bbox=np.zeros((0, 4, 2))))['area'].size == 0


@pytest.mark.parametrize('key', ['bbox', 'keypoints'])
@pytest.mark.parametrize('value', [np.nan, np.inf])
def test_numbers_that_are_not_finite_name_the_annotation(key, value):
    """They would make the loss NaN, without a word of where from."""
    results = dict(
        img_path='a.jpg',
        img_id=3,
        id=[7, 8],
        bbox=np.ones((2, 4, 2)),
        keypoints=np.ones((2, 17, 2)))
    results[key][1, 2, 1] = value
    with pytest.raises(
            ValueError,
            match=f'a.jpg, image 3, annotation 8: {key}.*not finite'):
        BottomupBoxArea()(results)


def test_a_joint_that_nobody_labelled_may_stand_nowhere():
    keypoints = np.ones((2, 17, 2))
    keypoints[1, 3] = np.nan
    visible = np.ones((2, 17))
    visible[1, 3] = 0
    BottomupBoxArea()(
        dict(
            bbox=np.ones((2, 4, 2)),
            keypoints=keypoints,
            keypoints_visible=visible))


# --- crowd mask -------------------------------------------------------------


def rle_by_loop(mask):
    return dict(size=list(mask.shape), counts=runs_by_loop(mask))


def valid_mask(segs, stride=1, **results):
    """The packed mask of an image that is not augmented."""
    results = dict(
        img_shape=(HEIGHT, WIDTH),
        input_size=(WIDTH, HEIGHT),
        warp_mat=np.eye(2, 3),
        invalid_segs=segs,
        heatmaps=np.zeros((1, HEIGHT // stride, WIDTH // stride)),
        field_mapping_table=dict(heatmaps='heatmaps'),
        **results)
    return BottomupCrowdMask()(results)['heatmap_mask']


@pytest.mark.parametrize('compressed', [False, True])
def test_rle_crowd_is_masked_pixel_by_pixel(rng, compressed):
    crowd = rng.random((HEIGHT, WIDTH)) < 0.3
    rle = rle_by_loop(crowd)
    if compressed:
        rle = cocomask.frPyObjects(rle, HEIGHT, WIDTH)
        assert isinstance(rle['counts'], bytes)
        rle['counts'] = rle['counts'].decode()  # as a JSON file holds it
    mask = valid_mask([rle])
    assert mask.shape == (1, HEIGHT, WIDTH) and mask.dtype == bool
    np.testing.assert_array_equal(mask[0], ~crowd)


def test_several_crowds_and_persons_are_masked_together():
    """Two RLEs, and a polygon around an unlabelled person."""
    invalid = np.zeros((3, HEIGHT, WIDTH), bool)
    invalid[0, :5, :7] = True
    invalid[1, 3:9, 20:] = True
    invalid[2, 12:20, 8:16] = True
    polygon = [8, 12, 16, 12, 16, 20, 8, 20]
    mask = valid_mask(
        [rle_by_loop(invalid[0]), [polygon],
         rle_by_loop(invalid[1])])
    np.testing.assert_array_equal(mask[0], ~invalid.any(0))


def test_polygons_are_drawn_as_by_pycocotools(rng):
    """Persons of several polygons, that overlap and reach over the edge."""
    persons = [[
        rng.uniform(-5, HEIGHT + 10, 2 * rng.integers(3, 7)).tolist()
        for _ in range(rng.integers(1, 4))
    ] for _ in range(5)]
    polygons = [polygon for person in persons for polygon in person]
    expected = cocomask.decode(cocomask.frPyObjects(polygons, HEIGHT, WIDTH))
    np.testing.assert_array_equal(valid_mask(persons)[0], ~expected.any(-1))
    assert 0 < expected.any(-1).mean() < 1


def test_mask_follows_flip_and_stride():
    crowd = np.zeros((HEIGHT, WIDTH), bool)
    crowd[4:12, 8:20] = True
    mask = valid_mask([rle_by_loop(crowd)],
                      stride=4,
                      flip=True,
                      flip_direction='horizontal')
    np.testing.assert_array_equal(mask[0], ~crowd[::4, ::-4])


def unmoved_image(crowd):
    """An image that was not augmented, with a crowd (HEIGHT, WIDTH) in it."""
    return dict(
        img=np.zeros((HEIGHT, WIDTH, 3), np.uint8),
        img_shape=(HEIGHT, WIDTH),
        input_size=(WIDTH, HEIGHT),
        warp_mat=np.eye(2, 3),
        invalid_segs=[rle_by_loop(crowd)])


def test_each_level_of_heatmaps_has_a_mask_that_is_packed():
    crowd = np.zeros((HEIGHT, WIDTH), bool)
    crowd[4:12, 8:20] = True
    results = dict(
        unmoved_image(crowd),
        heatmaps=[np.zeros((1, HEIGHT // s, WIDTH // s)) for s in (4, 2)],
        field_mapping_table=dict(heatmaps='heatmaps'))
    packed = PackPoseInputs()(BottomupCrowdMask()(results))
    masks = packed['data_samples'].gt_fields.heatmap_mask
    for mask, stride in zip(masks, (4, 2), strict=True):
        np.testing.assert_array_equal(mask[0], ~crowd[::stride, ::stride])


@pytest.mark.parametrize('segs', [[], [None], [[]], [[], None]])
def test_nothing_segmented_masks_nothing(segs):
    """CrowdPose has no segmentations, estimated COCO files empty ones."""
    assert valid_mask(segs).all()


def test_rle_of_another_image_is_an_error():
    rle = rle_by_loop(np.ones((HEIGHT, WIDTH + 1), bool))
    with pytest.raises(ValueError, match=r'^a\.jpg.*\[24, 33\].*\[24, 32\]'):
        valid_mask([rle], img_path='a.jpg')


@pytest.mark.parametrize('crowd', [
    dict(size=[HEIGHT, WIDTH], counts=[10, 2000000]),
    dict(size=[HEIGHT, WIDTH], counts='ooooooooooooooooo'),
    [[1e12, 1e12, 5, 5, 1, 1]],
])
def test_a_malformed_segmentation_names_the_annotation(crowd):
    """Native code would end the process by a signal, or never end."""
    with pytest.raises(
            ValueError,
            match='a.jpg, image 3, annotation 8: the segmentation'):
        valid_mask([[[1, 1, 5, 1, 5, 5]], crowd],
                   img_path='a.jpg',
                   img_id=3,
                   raw_ann_info=[
                       dict(id=7, segmentation=[[1, 1, 5, 1, 5, 5]]),
                       dict(id=8, segmentation=crowd)
                   ])


def test_mask_reaches_the_head(rng):
    """Which it does not with MMPose's own transform."""
    crowd = np.zeros((HEIGHT, WIDTH), bool)
    crowd[4:12, 8:20] = True
    codec = dict(
        type='PartSPR',
        input_size=(WIDTH, HEIGHT),
        heatmap_size=(WIDTH // 4, HEIGHT // 4),
        parts='part-large')
    results = dict(
        unmoved_image(crowd),
        keypoints=rng.uniform(0, HEIGHT, (1, 17, 2)).astype(np.float32),
        keypoints_visible=np.ones((1, 17), np.float32),
        bbox=np.array([[0, 0, HEIGHT, HEIGHT]], np.float32))
    for transform in (BottomupBoxArea(), GenerateTarget(codec),
                      BottomupCrowdMask(), PackPoseInputs()):
        results = transform(results)

    fields = results['data_samples'].gt_fields
    np.testing.assert_array_equal(fields.heatmap_mask[0], ~crowd[::4, ::4])
    assert fields.heatmaps.shape == (20, HEIGHT // 4, WIDTH // 4)
    # the codec, and with it every other pipeline, stays as it was
    assert 'heatmap_mask' not in KEYPOINT_CODECS.get(
        'PartSPR').field_mapping_table
