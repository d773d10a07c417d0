"""Without compiled ops MMPose imports; with them nothing is touched."""
import importlib
import subprocess
import sys
import textwrap
from importlib.util import find_spec
from pathlib import Path

import mmcv
import mmcv.ops
import pytest
import torch
from mmcv.utils import collect_env
from stand_in import EXTENSION, STANDS_IN, needs_lite

ROOT = Path(__file__).parents[3]


@needs_lite
@pytest.mark.parametrize(
    'module', ['mmpose.models', 'mmpose.apis', 'mmdet.models', 'mmdet.apis'])
def test_mmpose_and_mmdet_import_without_compiled_ops(module):
    importlib.import_module(module)


@needs_lite
def test_the_ops_are_mmcvs_own():
    """The extension alone is stood in for."""
    assert Path(sys.modules['mmcv._ext'].__file__) == EXTENSION
    folder = Path(mmcv.__file__).parent / 'ops'
    for op in (mmcv.ops.DeformConv2d, mmcv.ops.nms, mmcv.ops.RoIAlign):
        assert Path(sys.modules[op.__module__].__file__).parent == folder


@needs_lite
@pytest.mark.parametrize(
    'name, call', {
        'nms_match':
        lambda: mmcv.ops.nms_match(torch.ones(1, 5), 0.5),
        'roi_pool_forward':
        lambda: mmcv.ops.RoIPool(2)(torch.ones(1, 1, 4, 4), torch.ones(1, 5)),
        'bbox_overlaps':
        lambda: sys.modules['mmcv._ext'].bbox_overlaps(),
    }.items())
def test_a_missing_op_says_which_one_and_what_to_do(name, call):
    with pytest.raises(ImportError, match=f'`{name}`') as error:
        call()
    assert 'WITH_OPS=1' in str(error.value)
    assert 'mim install mmcv' in str(error.value)


@needs_lite
def test_the_environment_report_says_there_are_no_ops():
    assert collect_env()['MMCV Compiler'] == 'n/a'


def run(code: str, *arguments) -> str:
    """Standard output of Python code run in a fresh process."""
    done = subprocess.run(
        [sys.executable, '-c',
         textwrap.dedent(code), *map(str, arguments)],
        cwd=ROOT,
        capture_output=True,
        text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def imports_of_ops(importing: str, ops_first: bool) -> str:
    """Code that fails if `importing` changes where `mmcv.ops` comes from, and
    prints where that is."""
    return f"""
        import sys
        sys.path[:0] = sys.argv[1:]
        import mmcv
        if {ops_first}:
            import mmcv.ops
        ops = sys.modules.get('mmcv.ops')
        {importing}
        import mmcv.ops
        assert mmcv.ops is (ops or sys.modules['mmcv.ops'])
        finders = [type(finder).__name__ for finder in sys.meta_path]
        assert '_ExtensionFinder' not in finders
        print(mmcv.ops.__file__)
    """


# The components need a whole mmcv; this file alone takes a drawn one.
OPS_ALONE = ("import runpy; runpy.run_path('mmpose_pinet/compat/ops/"
             "__init__.py')")


@pytest.fixture
def drawn_mmcv(tmp_path):
    """An mmcv with an extension and ops, as far as finding them goes."""
    package = tmp_path / 'mmcv'
    (package / 'ops').mkdir(parents=True)
    (package / '__init__.py').touch()
    (package / '_ext.py').touch()
    (package / 'ops' / '__init__.py').touch()
    return package


@pytest.mark.parametrize('ops_first', [True, False])
def test_ops_that_are_there_stay_untouched(drawn_mmcv, ops_first):
    out = run(imports_of_ops(OPS_ALONE, ops_first), drawn_mmcv.parent)
    assert out.strip() == str(drawn_mmcv / 'ops' / '__init__.py')


@pytest.mark.skipif(STANDS_IN, reason='mmcv has no compiled ops here')
@pytest.mark.parametrize('ops_first', [True, False])
def test_the_real_ops_stay_untouched(ops_first):
    out = run(imports_of_ops('import mmpose_pinet', ops_first))
    assert out.strip() == find_spec('mmcv.ops').origin


def test_an_extension_that_is_missing_is_found_in_its_stand_in(drawn_mmcv):
    (drawn_mmcv / '_ext.py').unlink()
    code = f"""
        import sys
        from importlib.util import find_spec
        sys.path[:0] = sys.argv[1:]
        {OPS_ALONE}
        print(find_spec('mmcv._ext').origin)
    """
    assert Path(run(code, drawn_mmcv.parent).strip()) == EXTENSION


def test_an_extension_that_is_there_but_broken_is_not_hidden(drawn_mmcv):
    (drawn_mmcv / '_ext.py').write_text('raise ImportError("no symbol")')
    (drawn_mmcv / 'ops' / '__init__.py').write_text('from mmcv import _ext')
    code = f"""
        import sys
        sys.path[:0] = sys.argv[1:]
        {OPS_ALONE}
        try:
            import mmcv.ops
        except ImportError as error:
            print(error)
    """
    assert run(code, drawn_mmcv.parent).strip() == 'no symbol'
