"""A set with one fault of each kind: all are found in one run."""
import os

import cv2
import numpy as np
import pytest
from mmengine.config import Config
from small_set import CONFIG, HEIGHT, WIDTH

from mmpose_pinet.apis.check_data import check_data, main
from mmpose_pinet.apis.check_data.findings import KINDS


def test_a_set_without_mistakes_passes_calmly(data, capsys):
    data.write()
    assert main(CONFIG, data.options) == 0
    printed = capsys.readouterr().out.splitlines()
    assert printed[-1] == 'No mistakes found.'
    assert printed[0].startswith('train: 4 pictures, 4 persons')
    assert 'val, test: 3 pictures, 3 persons' in '\n'.join(printed)
    assert len(printed) <= 5


def plant(data):
    """Plant a fault of each kind; returns for each kind the words that tell
    where it is."""
    train, val = data.train, data.val
    told = {}

    def person(kind, place=train, **changes):
        """A person of a sound picture, but for some keys."""
        number = len(train.annotations) + len(val.annotations) + 1000
        place.add_person(number, place.images[0]['id']).update(changes)
        told[kind] = [str(number)]

    def image(kind, **changes):
        number = len(train.images) + 500
        entry = train.add_image(number)
        entry.update(changes)
        told[kind] = [f'{number}.jpg']
        return train.folder / f'{number}.jpg'

    # pictures
    image('missing').unlink()
    file = image('unreadable')
    file.write_bytes(file.read_bytes()[:-300])  # cut off
    image('size', width=HEIGHT, height=WIDTH)
    train.images.append(dict(train.images[-1], id=900, width=WIDTH))
    train.images[-1]['height'] = HEIGHT
    told['file_twice'] = told['size']
    train.images.append(dict(train.images[1]))
    told['image_id'] = [str(train.images[1]['id'])]
    os.symlink(train.folder / '2.jpg', val.folder / 'again.jpg')
    val.add_image(102)  # the same entry, of another file
    val.images[-1].update(id=300, file_name='again.jpg')
    told['shared'] = ['2.jpg']
    del val.images[0]['crowdIndex']
    told['crowd_index'] = ['1 of the 4', 'image 101']

    # persons
    points = [20, 20, 2] * 17
    person('unknown_image', image_id=77)
    person('unknown_category', category_id=5)
    person('categories', category_id=2)
    train.categories.append(dict(id=2, name='statue'))
    told['categories'] = ['1 of category 2']
    person('box', bbox=[1, 2, float('nan'), 4])
    person('box_area', bbox=[10, 10, 0, 20])
    person('keypoint_count', keypoints=points[:-3])
    person('keypoints', keypoints=[float('inf'), *points[1:]])
    person('person_outside', keypoints=[90, 20, 2] * 17)
    person('joint_outside', keypoints=[-3, 20, 2, *points[3:]])
    person('area', area=-5)
    person('hidden_person', num_keypoints=0, segmentation=None)
    person('num_keypoints', num_keypoints=9)
    person('visibility', keypoints=[20, 20, 7, *points[3:]])
    person('spare_segmentation', segmentation=[[1, 2, 3]])
    crowd = dict(
        iscrowd=1, num_keypoints=0, keypoints=[0] * 51, bbox=[0, 0, 9, 9])
    person('unmasked_crowd', segmentation=None, **crowd)
    person(
        'segmentation',
        segmentation=dict(size=[HEIGHT, WIDTH], counts=[10, 2000000]),
        **crowd)
    told['segmentation'].append('2000010')
    person('entry', val)
    del val.annotations[-1]['area']
    train.annotations.append(dict(train.annotations[0]))
    told['annotation_id'] = [str(train.annotations[0]['id'])]

    # names, and the config
    train.categories[0] = dict(
        train.categories[0],
        keypoints=['nose', 'right_eye', *train.categories[0]['keypoints'][2:]])
    told['joint_names'] = ["joint 1 is 'right_eye' and 'left_eye'"]
    data.options.update({
        'model.head.decoder.sigma':
        3.,
        'model.head.refinement.graph':
        'moving',
        'model.head.post_processor.sigmas': [.1] * 14,
        'model.post_processor.type':
        'PoseFusion',
        'val_dataloader.dataset.pipeline.0.type':
        'LoadNothing',
        # the left arm alone
        'model.head.decoder.parts': [[5, 7, 9]],
        'test_dataloader.dataset.ann_file':
        'annotations/none.json',
    })
    told['config'] = [
        'sigma=2.0 in the pipeline but 3.0', "graph='moving'", '14',
        'model.post_processor: post_processor has no sigmas', 'LoadNothing',
        'becomes [6, 8, 10], which is no part'
    ]
    told['ann_file'] = ['none.json']
    return told


# seen elsewhere: a set is either of nobody or has the faults of persons
ELSEWHERE = {'nobody', 'unknown_format'}


def test_each_kind_of_mistake_is_found_in_one_run(data, capsys):
    told = plant(data)
    data.write()
    assert set(told) == set(KINDS) - ELSEWHERE
    findings = check_data(CONFIG, data.options)
    for kind, words in told.items():
        found = findings.of(kind)
        for word in words:
            assert any(word in name for name in found), (kind, word, found)
    # one fault of a kind is one finding
    once = {kind for kind in told if not KINDS[kind].in_words}
    assert {
        kind: len(findings.of(kind))
        for kind in once
    } == dict.fromkeys(once, 1)
    # the part without a mirror image counts in val and in test
    assert len(findings.of('config')) == 7

    assert main(CONFIG, data.options) == 1
    printed = capsys.readouterr().out
    assert max(map(len, printed.splitlines())) <= 79
    for kind in told:
        assert KINDS[kind].what in printed


def test_notes_alone_do_no_harm(data, capsys):
    data.train.annotations[0]['keypoints'][0] = -3
    data.write()
    assert main(CONFIG, data.options) == 0
    printed = capsys.readouterr().out
    assert 'joints are outside' in printed and 'Errors' not in printed
    assert '0 errors, 1 note\n' in printed


@pytest.mark.parametrize('text, reason', [
    ('{"images": [}', r'line 1 column 13'),
    ('[]', 'holds a list'),
    (None, 'no such file'),
])
def test_an_annotation_file_that_cannot_be_read_is_named(data, text, reason):
    data.write()
    data.train.file.unlink()
    if text is not None:
        data.train.file.write_text(text)
    findings = check_data(CONFIG, data.options)
    found, = findings.of('ann_file')
    assert 'train.json' in found and reason in found
    assert findings.num_errors == 1


@pytest.mark.parametrize('fault', ['nobody', 'nobody labelled', 'too few'])
def test_a_training_needs_somebody(data, fault):
    if fault == 'nobody':
        data.train.annotations = []
    elif fault == 'nobody labelled':
        for person in data.train.annotations:
            person.update(keypoints=[0] * 51, num_keypoints=0)
    else:
        data.options['train_dataloader.dataset.type'] = 'LabelledCocoDataset'
        data.options['train_dataloader.dataset.filter_cfg'] = dict(
            min_labelled_keypoints=18)
    data.write()
    findings = check_data(CONFIG, data.options)
    assert len(findings.of('nobody')) == findings.num_errors == 1


def test_a_file_without_persons_serves_a_test_that_computes_no_ap(data):
    data.val.annotations = []
    for loop in ('val', 'test'):
        data.options[f'{loop}_evaluator.format_only'] = True
        data.options[f'{loop}_evaluator.outfile_prefix'] = 'poses'
    data.write()
    assert check_data(CONFIG, data.options).num_errors == 0


def test_a_picture_that_exif_turns_is_compared_as_it_is_stored(data):
    """COCO's width and height are those of the file."""
    pixels = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    jpeg = cv2.imencode('.jpg', pixels)[1].tobytes()
    # an APP1 segment that holds the orientation 6 alone, after the marker
    exif = bytes.fromhex('4578696600004d4d002a0000000800010112000300000001'
                         '0006000000000000')
    head = b'\xff\xe1' + (len(exif) + 2).to_bytes(2, 'big') + exif
    (data.train.folder / '1.jpg').write_bytes(jpeg[:2] + head + jpeg[2:])
    data.write()
    assert check_data(CONFIG, data.options).num_errors == 0

    data.train.images[0].update(width=HEIGHT, height=WIDTH)
    data.write()
    found, = check_data(CONFIG, data.options).of('size')
    assert 'EXIF' in found


@pytest.mark.parametrize('wrapper', ['RepeatDataset', 'CombinedDataset'])
def test_wrapped_datasets_are_looked_into(data, wrapper):
    data.train.annotations[0]['bbox'] = [0, 0, 0, 0]
    data.write()
    inner = Config.fromfile(CONFIG).train_dataloader.dataset
    inner.data_root = data.options.pop('train_dataloader.dataset.data_root')
    wrapped = dict(type='RepeatDataset', times=2, dataset=inner)
    if wrapper == 'CombinedDataset':
        wrapped = dict(
            type=wrapper,
            datasets=[inner],
            metainfo=dict(from_file='configs/_base_/datasets/coco.py'))
    data.options['train_dataloader.dataset'] = dict(wrapped, _delete_=True)
    findings = check_data(CONFIG, data.options)
    assert len(findings.of('box_area')) == findings.num_errors == 1


def test_a_dataset_of_another_format_is_noted(data):
    data.write()
    data.options['test_dataloader.dataset.type'] = 'MpiiDataset'
    found, = check_data(CONFIG, data.options).of('unknown_format')
    assert 'MpiiDataset' in found


def test_a_head_of_other_joints_than_the_data_is_named(data):
    data.write()
    data.options.update({
        'model.head.decoder.skeleton': 'crowdpose',
        'model.test_cfg.flip_test': False,
    })
    found = check_data(CONFIG, data.options).of('joint_names')
    assert len(found) == 2 * 3  # head and codec, of each loop
    assert all('14 joints' in name and '17' in name for name in found)


def test_an_unknown_config_is_an_error():
    with pytest.raises(ValueError, match='nowhere'):
        check_data('nowhere')
