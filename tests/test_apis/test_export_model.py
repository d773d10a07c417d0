"""A config and its weights become a file that tells what it is."""
from hashlib import sha256

import onnx
import pytest
from file_metadata import metadata_of
from mmengine.config import Config
from random_weights import TINY

from mmpose_pinet.apis.export_model import export_model
from mmpose_pinet.cli import main


@pytest.fixture
def write_config(tmp_path):
    """A config that changes the slim HRNet's, and its path."""

    def write(change):
        config = Config.fromfile(TINY)
        change(config)
        config.dump(tmp_path / 'changed.py')
        return tmp_path / 'changed.py'

    return write


def test_the_file_tells_what_its_readers_need(exported, checkpoint):
    metadata = metadata_of(exported)
    assert metadata.keypoint_names[:2] == ('nose', 'left_eye')
    assert (15, 13) in metadata.skeleton_links
    assert metadata.sigmas[0] == 0.026
    assert metadata.flip_pairs[0] == (1, 2) and len(metadata.flip_pairs) == 8
    assert metadata.parts[0] == (0, 1, 2, 3, 4)
    assert (metadata.stride, metadata.size_factor,
            metadata.short_side) == (4, 64, 256)
    assert (metadata.oks_thr, metadata.fuse) == (0.7, True)
    assert metadata.flip_test and metadata.score_thr == 0.1
    assert metadata.max_candidates == 90
    assert metadata.training_data == ('CheckedCocoDataset '
                                      'annotations/train.json')
    assert metadata.config == 'pinet_hrnet-tiny_drawn-crowd'
    with open(checkpoint, 'rb') as file:
        content = sha256(file.read()).hexdigest()
    assert metadata.checkpoint_sha256 == content


def no_fusion(config):
    config.model.head.post_processor = None


@pytest.mark.slow
def test_one_view_without_fusion_by_the_command(write_config, checkpoint,
                                                tmp_path, capsys, monkeypatch):
    told = []
    monkeypatch.setattr(
        'mmpose_pinet.apis.export_model.export_model',
        lambda *args: told.append(export_model(*args)) or told[0])
    file = tmp_path / 'new/one_view.onnx'
    config = write_config(no_fusion)
    assert main(
        ['export',
         str(config), checkpoint, '--out',
         str(file), '--no-flip']) == 0
    assert capsys.readouterr().out == (
        f'{file}: 8 MB, fp32, 17 keypoints, one view, 90 candidates\n')
    model = onnx.load(file)
    assert not any(node.op_type == 'Concat' and 'images' in node.input
                   for node in model.graph.node)
    metadata = metadata_of(file)
    assert told == [metadata]
    assert metadata.post_processor() is None
    assert not metadata.flip_test
    assert len(metadata.sigmas) == 17  # of the skeleton


def several_scales(config):
    config.model.test_cfg.multiscale_test = True


def oblong_input(config):
    for transform in config.test_dataloader.dataset.pipeline:
        if transform.type == 'BottomupBoundedResize':
            transform.input_size = (512, 256)


def no_resizing(config):
    config.test_dataloader.dataset.pipeline = [
        transform for transform in config.test_dataloader.dataset.pipeline
        if transform.type != 'BottomupBoundedResize'
    ]


def cells_that_are_not_square(config):
    config.model.head.decoder.heatmap_size = (64, 32)


@pytest.mark.parametrize('change, reason', [
    (several_scales, 'tests at several scales'),
    (oblong_input, 'input_size with equal sides'),
    (no_resizing, 'no BottomupResize'),
    (cells_that_are_not_square, 'the same on both sides'),
])
def test_what_a_file_cannot_hold_is_refused(write_config, checkpoint, tmp_path,
                                            capsys, change, reason):
    file = tmp_path / 'a.onnx'
    config = write_config(change)
    assert main(['export', str(config), checkpoint, '--out', str(file)]) == 2
    error = capsys.readouterr().err
    assert error.startswith(f'pinet: {config} cannot be exported: ')
    assert reason in error
    assert not file.exists()


def test_another_head_is_refused(write_config, checkpoint, tmp_path):

    def another_post_processor(config):
        config.model.head.post_processor = dict(type='RemoveSmall')

    from mmpose.registry import TASK_UTILS

    @TASK_UTILS.register_module(force=True)
    class RemoveSmall:
        """A post-processor that readers of the file do not know."""

        def __init__(self, sigmas=None):
            pass

    with pytest.raises(ValueError, match='RemoveSmall .* know PoseFusion'):
        export_model(
            write_config(another_post_processor), checkpoint,
            tmp_path / 'a.onnx')
