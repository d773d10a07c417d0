"""Which images a COCO training keeps."""
import json

import pytest
from mmpose.registry import DATASETS

import mmpose_pinet  # noqa: F401  registers the dataset


def person(image_id, num_labelled, iscrowd=0):
    """A person with seen and covered keypoints in turns."""
    keypoints = [[10 + k, 20, 1 + k % 2] for k in range(num_labelled)]
    keypoints += [[0, 0, 0]] * (17 - num_labelled)
    return dict(
        image_id=image_id,
        category_id=1,
        bbox=[5, 5, 40, 40],
        area=800,
        iscrowd=iscrowd,
        num_keypoints=num_labelled,
        keypoints=sum(keypoints, []),
        segmentation=[[5, 5, 45, 5, 45, 45]])


@pytest.fixture
def dataset(tmp_path):
    """Builds a dataset of four images: 11 labelled keypoints on one person,
    5 + 6 on two, 10 on one, and 11 in a crowd region beside 2 on a person."""
    annotations = [
        person(1, 11),
        person(2, 5),
        person(2, 6),
        person(3, 10),
        person(4, 11, iscrowd=1),
        person(4, 2)
    ]
    for i, annotation in enumerate(annotations):
        annotation['id'] = i + 1
    ann_file = tmp_path / 'labels.json'
    ann_file.write_text(
        json.dumps(
            dict(
                images=[
                    dict(id=i, file_name=f'{i}.jpg', width=64, height=64)
                    for i in range(1, 5)
                ],
                annotations=annotations,
                categories=[dict(id=1, name='person')])))

    def build(**kwargs):
        return DATASETS.build(
            dict(
                type='LabelledCocoDataset',
                ann_file=str(ann_file),
                data_mode='bottomup',
                **kwargs))

    return build


def image_ids(dataset):
    return [dataset.get_data_info(i)['img_id'] for i in range(len(dataset))]


@pytest.mark.parametrize(
    'fewest, kept',
    [
        (0, [1, 2, 3, 4]),
        (10, [1, 2, 3]),
        # persons of an image add up, crowd regions do not count
        (11, [1, 2]),
    ])
def test_images_with_few_labelled_keypoints_are_left_out(
        dataset, fewest, kept):
    filtered = dataset(filter_cfg=dict(min_labelled_keypoints=fewest))
    assert image_ids(filtered) == kept


def test_nothing_is_left_out_unasked_or_in_a_test(dataset):
    assert image_ids(dataset()) == [1, 2, 3, 4]
    in_test = dataset(
        filter_cfg=dict(min_labelled_keypoints=11), test_mode=True)
    assert image_ids(in_test) == [1, 2, 3, 4]


def test_nothing_left_is_an_error_that_names_file_and_key(dataset):
    with pytest.raises(
            ValueError, match='labels.json.*min_labelled_keypoints'):
        dataset(filter_cfg=dict(min_labelled_keypoints=12))
