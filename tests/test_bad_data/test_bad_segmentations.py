"""Each bad segmentation is named before native code draws it.

Native code ends the process at some of them: they are tried in another one,
this file as a program, and those at which it dies are faults.
"""
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from bad_annotations import CROWD
from bad_segmentations import BAD_SEGMENTATIONS, EMPTY
from mmpose.registry import TRANSFORMS
from small_set import CONFIG, Data
from ways import OneSet, Try, table

from mmpose_pinet.apis.check_data import check_data

# who draws the mask: the configs' transform, or MMPose's own
DRAWERS = dict(ours='BottomupCrowdMask', mmpose='BottomupGetHeatmapMask')
ALL = dict(BAD_SEGMENTATIONS, **EMPTY)


def plant(of, segmentation, id_=77):
    of.add_image(id_)
    of.add_person(id_, id_).update(CROWD, segmentation=segmentation)
    of.add_person(id_ + 1000, id_)


def fault_of(segmentation, drawer, root):
    """What becomes of a sample with it: nothing, or an error that names."""
    data = OneSet(root, 'train', 0)
    plant(data.of, segmentation)
    try:
        dataset = data.open()
        transforms = list(dataset.pipeline.transforms)
        transforms[-2] = TRANSFORMS.build(dict(type=DRAWERS[drawer]))
        dataset.pipeline.transforms = transforms
        dataset[0]
    except Exception as error:
        bad = segmentation not in EMPTY.values()
        words = ('77.jpg', 'image 77', 'annotation 77')
        if bad and all(word in str(error) for word in words):
            return ''
        return f'{type(error).__name__}: {error}'
    return '' if segmentation in EMPTY.values() else 'nothing is said'


def run(drawer, first):
    """Tell the faults from a segmentation on, a line each."""
    for name in list(ALL)[first:]:
        with tempfile.TemporaryDirectory() as root:
            fault = fault_of(ALL[name], drawer, Path(root))
        print('told', json.dumps([name, fault]), flush=True)


@pytest.mark.parametrize('drawer', [
    pytest.param('ours', marks=pytest.mark.slow),
    'mmpose',
])
def test_named_in_training(drawer):
    tries = []
    while len(tries) < len(ALL):
        done = subprocess.run(
            [sys.executable, __file__, drawer,
             str(len(tries))],
            capture_output=True,
            text=True,
            timeout=300,
            env=dict(os.environ, PYTHONPATH=os.pathsep.join(sys.path)))
        told = [
            json.loads(line[5:]) for line in done.stdout.splitlines()
            if line.startswith('told ')
        ]
        tries += [Try(name, drawer, fault) for name, fault in told]
        if len(tries) < len(ALL):
            name = list(ALL)[len(tries)]
            tries.append(
                Try(
                    name, drawer, f'the process ended with {done.returncode} '
                    f'{done.stderr[-300:] if done.returncode > 0 else ""}'))
    print(table(tries))
    assert not any(t.fault for t in tries), table(tries)


def test_found_in_one_run_of_check_data(tmp_path):
    data = Data(tmp_path)
    for number, segmentation in enumerate(ALL.values()):
        plant(data.train, segmentation, 5000 + number)
    data.write()
    found = check_data(CONFIG, data.options).of('segmentation')
    tries = [
        Try(
            name, 'check-data',
            '' if any(f'annotation {5000 + number}:' in name_
                      for name_ in found) == (name in BAD_SEGMENTATIONS) else
            f'found {found}') for number, name in enumerate(ALL)
    ]
    print(table(tries))
    assert not any(t.fault for t in tries), table(tries)


if __name__ == '__main__':
    run(sys.argv[1], int(sys.argv[2]))
