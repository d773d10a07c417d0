"""Bad samples are named, and skipped up to a number."""
from traceback import clear_frames

import numpy as np
import pytest
from mmengine.config import Config
from mmengine.dataset import pseudo_collate
from mmengine.registry import DefaultScope
from mmpose.registry import DATASETS
from small_set import CONFIG, CocoSet
from torch.utils.data import DataLoader


@pytest.fixture(scope='module')
def config():
    return Config.fromfile(CONFIG).train_dataloader.dataset


@pytest.fixture
def bad_set(tmp_path):
    """Six pictures: one has no file, one is text, one has a box of null."""
    of = CocoSet(tmp_path, 'train', 6, 1)
    (of.folder / '2.jpg').unlink()
    (of.folder / '3.jpg').write_text('no picture')
    of.annotations[3]['bbox'] = None
    of.write()
    return tmp_path


@pytest.fixture
def build(config, bad_set):

    def build(**settings):
        with DefaultScope.overwrite_default_scope('mmpose'):
            return DATASETS.build(
                dict(
                    config,
                    data_root=str(bad_set),
                    serialize_data=False,
                    **settings))

    return build


@pytest.fixture
def log(monkeypatch):
    """What is logged, in this process."""
    lines = []
    monkeypatch.setattr('mmpose_pinet.datasets.checked.print_log',
                        lambda line, logger, level: lines.append(line))
    return lines


def test_a_missing_annotation_file_is_named_with_what_to_do(build, bad_set):
    file = bad_set / 'annotations/none.json'
    with pytest.raises(
            FileNotFoundError,
            match=f'{file} is not there: .* set data_root and ann_file'):
        build(ann_file='annotations/none.json')


def test_unasked_the_first_is_an_error_with_all_of_the_file(build):
    with pytest.raises(
            ValueError,
            match='train.json: 1 pictures.*check-data.*max_bad_samples(.|\n)*'
            '4.jpg, image 4, annotation 4: bbox is no list'):
        build()


@pytest.mark.parametrize('workers', [0, 2])
def test_each_is_skipped_and_named_once(build, workers, capfd, log):
    dataset = build(max_bad_samples=3)
    assert len(dataset) == 5
    loader = DataLoader(
        dataset, batch_size=1, num_workers=workers, collate_fn=pseudo_collate)
    for _ in range(3):  # epochs
        ids = [sample['data_samples'][0].img_id for sample in loader]
        assert len(ids) == 5 and set(ids) <= {1, 5, 6}
    assert int(dataset._skipped.sum()) == 2
    if not workers:
        assert [line.split('train.json: ')[1][:8]
                for line in log] == ['left out', 'skipped,', 'skipped,']
        assert '4.jpg, image 4' in log[0]
        assert '2 of at most 3' in log[1] and '2.jpg, image 2' in log[1]
        assert '3 of at most 3' in log[2] and '3.jpg, image 3' in log[2]


@pytest.mark.parametrize('workers', [0, 2])
def test_one_too_many_ends_the_training(build, workers):
    loader = DataLoader(
        build(max_bad_samples=2),
        num_workers=workers,
        collate_fn=pseudo_collate)
    with pytest.raises(
            ValueError,
            match='jpg(.|\n)*bad sample 3, and max_bad_samples is 2') as told:
        for _ in range(2):
            list(loader)
    # collected as garbage, each worker would end after 5 s
    clear_frames(told.tb)


def test_a_test_skips_nothing(build):
    with pytest.raises(ValueError, match='max_bad_samples=1.*test_mode'):
        build(max_bad_samples=1, test_mode=True)


def test_an_error_of_any_transform_has_the_sample_s_name(build):

    def fail(results):
        raise KeyError('part')

    dataset = build(max_bad_samples=1)
    dataset.pipeline.transforms.insert(1, fail)
    dataset.max_bad_samples = 0
    with pytest.raises(ValueError, match="1.jpg, image 1: 'part'"):
        dataset[0]


def test_a_set_without_flaws_is_read_as_mmpose_reads_it(config, tmp_path):
    of = CocoSet(tmp_path, 'train', 4, 1)
    of.annotations[1].update(iscrowd=1, num_keypoints=0, keypoints=[0] * 51)
    of.write()
    with DefaultScope.overwrite_default_scope('mmpose'):
        ours, theirs = (
            DATASETS.build(
                dict(
                    config,
                    data_root=str(tmp_path),
                    type=kind,
                    pipeline=[],
                    serialize_data=False))
            for kind in ('CheckedCocoDataset', 'CocoDataset'))
    assert len(ours) == len(theirs) == 4
    for i in range(4):
        info, expected = ours.get_data_info(i), theirs.get_data_info(i)
        assert info.pop('annotated_size') == [(64, 48)]
        np.testing.assert_equal(info, expected)
