"""Nothing trains or draws on once the command that started it is killed."""
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tiny_training import CONFIG

ROOT = Path(__file__).parents[1]
# what an orphan may take to notice: PyTorch's workers look every 5 s
PATIENCE = 20

TRAINING = f'''
_base_ = {str(CONFIG)!r}
custom_imports = dict(imports=['mmpose_pinet', 'tiny_training'])
model = dict(type='Weights', size=10)
train_cfg = dict(max_epochs=10**6)
val_cfg = test_cfg = None
train_dataloader = dict(
    batch_size=1,
    num_workers=1,
    persistent_workers=True,
    dataset=dict(type='Numbers'),
    collate_fn=dict(type='default_collate'),
    sampler=dict(type='DefaultSampler', shuffle=True))
optim_wrapper = dict(optimizer=dict(type='SGD', lr=.1))
default_hooks = dict(checkpoint=dict(interval=1, max_keep_ckpts=1))
'''

DRAWING = '''
from mmpose_pinet.datasets.drawn import draw_crowd
if __name__ == '__main__':
    draw_crowd('data', 10**6, num_workers=2)
'''

COMPARISON = f'''
import sys
sys.path.insert(0, '{ROOT}/tools/analysis_tools')
from comparison.runs import Runs
from mmengine.config import Config
from pathlib import Path
cfg = Config.fromfile('training.py')
Runs(cfg, Path('out'), processes=2)._launch('train.py', cfg, Path('work'))
'''

# a command, and the files that show that its children are at work
COMMANDS = {
    'drawing': ([sys.executable, 'drawing.py'], 'data/train/*.jpg'),
    'dist_train.sh':
    ([ROOT / 'tools/dist_train.sh', 'training.py', '2', '--work-dir',
      'work'], 'work/*.pth'),
    'comparison': ([sys.executable, 'comparison.py'], 'work/*.pth'),
    'demo': ([
        sys.executable, ROOT / 'demo/drawn_crowd_demo.py', '--num-train', '8',
        '--num-val', '4', '--cfg-options', 'train_cfg.max_epochs=100000'
    ], 'work_dirs/demo/*.pth'),
}


def processes_of(mark):
    """Those that have a mark in their environment, but no zombies."""
    found = []
    for process in Path('/proc').glob('[0-9]*'):
        try:
            if mark.encode() in (process / 'environ').read_bytes():
                found.append(int(process.name))
        except OSError:  # it has ended meanwhile
            continue
    return found


def end(processes):
    for process in processes:
        try:
            os.kill(process, 9)
        except ProcessLookupError:
            continue


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != 'linux', reason='other kernels cannot')
@pytest.mark.parametrize('name', COMMANDS)
def test_children_end_with_a_killed_command(name, tmp_path):
    for file, text in (('training.py', TRAINING), ('drawing.py', DRAWING),
                       ('comparison.py', COMPARISON)):
        (tmp_path / file).write_text(text)
    command, at_work = COMMANDS[name]
    mark = f'MARK={tmp_path}'
    with open(tmp_path / 'log', 'w') as log:
        parent = subprocess.Popen(
            command,
            cwd=tmp_path,
            env=dict(
                os.environ,
                MARK=str(tmp_path),
                OMP_NUM_THREADS='1',
                CUDA_VISIBLE_DEVICES='',
                PORT='29611',
                PYTHONPATH=f'{ROOT}:{ROOT}/tests',
                PATH=f'{Path(sys.executable).parent}:{os.environ["PATH"]}'),
            stdout=log,
            stderr=log)
    try:
        while not list(tmp_path.glob(at_work)):
            assert parent.poll() is None, (tmp_path / 'log').read_text()
            time.sleep(.1)
        started = len(processes_of(mark))
        # dist_train.sh is a shell that waits for torchrun, as a user's is
        command = parent.pid
        if name == 'dist_train.sh':
            command = next(
                process for process in processes_of(mark)
                if b'torch.distributed.run' in Path(
                    f'/proc/{process}/cmdline').read_bytes())
        os.kill(command, 9)
        parent.wait()
        until = time.monotonic() + PATIENCE
        while processes_of(mark) and time.monotonic() < until:
            time.sleep(.1)
        print(f'{name}: {started} processes, after '
              f'{PATIENCE - until + time.monotonic():.1f} s '
              f'{len(processes_of(mark))}')
        assert processes_of(mark) == []
    finally:
        end(processes_of(mark))
