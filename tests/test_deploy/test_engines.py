"""Each engine runs a file, and says what is wrong with others."""
import numpy as np
import pytest
from small_files import METADATA, candidates, draw_images, write

from mmpose_pinet.deploy import engines
from mmpose_pinet.deploy.engines import open_engine

ENGINES = ['onnxruntime', 'openvino']


@pytest.fixture(scope='module')
def file(tmp_path_factory):
    return write(tmp_path_factory.mktemp('files') / 'small.onnx')


@pytest.mark.parametrize('engine', ENGINES)
def test_it_finds_what_the_formula_says(file, engine):
    """Also of other numbers and shapes of images than the first."""
    opened = open_engine(file, engine, threads=1)
    for number, height, width in (1, 64, 64), (3, 64, 64), (2, 128,
                                                            64), (1, 64, 64):
        images = draw_images(number, height, width)
        found = opened(images)
        keypoints, scores, valid = candidates(images)
        assert found.keypoints.dtype == found.scores.dtype == np.float32
        assert found.valid.dtype == bool
        np.testing.assert_allclose(found.keypoints, keypoints, atol=1e-3)
        np.testing.assert_allclose(found.scores, scores, atol=1e-6)
        np.testing.assert_array_equal(found.valid, valid)


@pytest.mark.parametrize('engine', ENGINES)
def test_what_was_found_stays_when_more_is_found(file, engine):
    opened = open_engine(file, engine, threads=1)
    first = opened(draw_images(1))
    before = first.keypoints.copy()
    opened(draw_images(1) // 2)
    np.testing.assert_array_equal(first.keypoints, before)


@pytest.mark.parametrize('engine', ENGINES)
def test_it_reads_the_metadata(file, engine):
    assert open_engine(file, engine).props == METADATA.to_props()


@pytest.mark.parametrize('engine', ENGINES)
def test_a_file_without_metadata_has_none(tmp_path, engine):
    other = write(tmp_path / 'other.onnx', {})
    assert open_engine(other, engine).props == {}


@pytest.mark.parametrize('installed, name', [
    (('openvino', 'onnxruntime'), 'OpenVINO'),
    (('onnxruntime', ), 'ONNX Runtime'),
])
def test_auto_takes_openvino_where_it_is(file, monkeypatch, installed, name):
    monkeypatch.setattr(engines, 'find_spec',
                        lambda name: name in installed or None)
    assert open_engine(file).name.startswith(name)


def test_without_any_engine_it_says_what_to_install(file, monkeypatch):
    monkeypatch.setattr(engines, 'find_spec', lambda name: None)
    for engine in 'auto', 'openvino':
        with pytest.raises(ImportError, match=r'mmpose_pinet\[deploy\]'):
            open_engine(file, engine)


def test_wrong_arguments(file):
    with pytest.raises(FileNotFoundError, match='none.onnx is no file'):
        open_engine('none.onnx')
    with pytest.raises(ValueError, match="'auto', not 'tensorrt'"):
        open_engine(file, 'tensorrt')
    with pytest.raises(ValueError, match='threads=0 must be a whole number'):
        open_engine(file, threads=0)


@pytest.mark.parametrize('engine, precision', [('onnxruntime', 'bf16'),
                                               ('onnxruntime', 'int8'),
                                               ('openvino', 'fp16')])
def test_a_precision_that_is_not_there_says_what_works(file, engine,
                                                       precision):
    with pytest.raises(ValueError, match=f"'fp32'.*, not '{precision}'"):
        open_engine(file, engine, precision)


@pytest.mark.parametrize('engine', ENGINES)
@pytest.mark.parametrize('content', ['text', 'half'])
def test_what_is_no_onnx_is_told(file, tmp_path, engine, content, capfd):
    data = file.read_bytes()
    other = tmp_path / 'other.onnx'
    other.write_bytes(b'hello ' * 9 if content == 'text' else data[:999])
    with pytest.raises(ValueError, match='other.onnx cannot be read as an ON'):
        open_engine(other, engine)
    assert capfd.readouterr() == ('', '')
