"""The notebook runs from its first cell to its last."""
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

DEMO = Path(__file__).resolve().parents[2] / 'demo'
NOTEBOOK = json.loads((DEMO / 'tutorial.ipynb').read_text())
CELLS = [
    ''.join(cell['source']) for cell in NOTEBOOK['cells']
    if cell['cell_type'] == 'code'
]


def run(code, folder):
    """As its kernel would, in the folder of the notebook."""
    return subprocess.run([sys.executable, '-c', code],
                          cwd=DEMO,
                          env=dict(
                              os.environ,
                              MPLBACKEND='Agg',
                              OMP_NUM_THREADS='1',
                              TMPDIR=str(folder),
                              PYTHONPATH=str(DEMO.parent)),
                          capture_output=True,
                          text=True)


def test_it_is_a_notebook_without_what_was_printed():
    assert NOTEBOOK['nbformat'] == 4
    assert len(CELLS) >= 6
    for cell in NOTEBOOK['cells']:
        assert cell['cell_type'] in ('markdown', 'code')
        if cell['cell_type'] == 'code':
            assert cell['outputs'] == [] and cell['execution_count'] is None
            compile(''.join(cell['source']), 'cell', 'exec')


@pytest.mark.slow
def test_all_cells_run(tmp_path):
    """The last of them compares the exported file with the model. A few
    pictures do: nobody is found for sure, and so everybody counts."""
    code = '\n'.join(CELLS)
    for value, other in ('NUM_TRAIN = 600',
                         'NUM_TRAIN = 40'), ('THRESHOLD = 0.05',
                                             'THRESHOLD = 0.'):
        assert code.count(value) == 1
        code = code.replace(value, other)
    done = run(code, tmp_path)
    assert done.returncode == 0, done.stderr[-2000:]
    persons, exported = done.stdout.splitlines()[-2:]
    assert 'persons in 000003.jpg, best score' in persons
    assert exported.startswith(persons) and exported.endswith(' MB')
