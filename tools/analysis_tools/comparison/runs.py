"""Trains and tests models into one folder, each once, and goes on."""
import json
import os
import re
import signal
import subprocess
import sys
import time
from copy import deepcopy
from functools import partial
from hashlib import sha256
from pathlib import Path
from reprlib import repr as shorten
from typing import Callable

from mmengine.config import Config
from mmengine.device import get_device

from mmpose_pinet.system.parent import end_with_parent

TOOLS = Path(__file__).resolve().parents[2]
# what MMEngine logs of a step
STEP = re.compile(r'Epoch\((?:train|val|test)\).*|Iter\(train\).*')
QUIET = 60  # s between two lines of progress


class Runs:
    """Hold the trainings and tests of one folder.

    ``results.json`` there holds what is done, by the names of trainings and
    tests: the last checkpoint, the metrics, and what was measured besides.

    Args:
        base (Config): That all models are put in the setting of.
        out (Path): The folder.
        processes (int): Of a training or a test.

    Raises:
        ValueError: If the folder holds runs of another base.
    """

    def __init__(self, base: Config, out: Path, processes: int = 1) -> None:
        self.base, self.out, self.processes = base, out, processes
        self.started = time.monotonic()
        self.results_file = out / 'results.json'
        self.results = dict(base=base.pretty_text)
        if self.results_file.exists():
            self.results = json.loads(self.results_file.read_text())
            there, here = (
                Config.fromstring(text, '.py').to_dict()
                for text in (self.results['base'], base.pretty_text))
            if there != here:
                raise ValueError(
                    f'{self.results_file} is of another base config or '
                    '--cfg-options: give this run an --out of its own. There, '
                    f'{_first_difference(there, here)}')

    def once(self, kind: str, name: str, make: Callable):
        """Make what JSON can hold, unless the folder has it.

        Args:
            kind (str): Of results.
            name (str): Of the training or test.
            make (Callable): Called without arguments.

        Returns:
            Any: What it has returned, now or in an earlier run.
        """
        if name not in self.results.get(kind, {}):
            made = make()
            self.results.setdefault(kind, {})[name] = made
            self.out.mkdir(parents=True, exist_ok=True)
            scratch = self.results_file.with_suffix('.tmp')
            scratch.write_text(json.dumps(self.results, indent=2))
            scratch.replace(self.results_file)  # whole or not at all
        return self.results[kind][name]

    def train(self, cfg: Config) -> str:
        """Train a model, or go on where its training was stopped.

        Args:
            cfg (Config): In the base's setting.

        Returns:
            str: The last checkpoint.

        Raises:
            SystemExit: If it fails.
        """
        folder = self.out / training_name(cfg)

        def train() -> str:
            self._launch('train.py', cfg, folder, '--resume')
            return (folder / 'last_checkpoint').read_text().strip()

        return self.once('trained', folder.name, train)

    def test(self, cfg: Config) -> dict:
        """Train and test a model, as far as that is not done.

        Args:
            cfg (Config): In the base's setting.

        Returns:
            dict[str, float]: Its metrics.

        Raises:
            SystemExit: If the training or the test fails.
        """
        checkpoint = self.train(cfg)
        folder = self.out / test_name(cfg)

        def test() -> dict:
            self._launch('test.py', cfg, folder, checkpoint)
            metrics = sorted(folder.glob('*/*.json'))[-1]
            return json.loads(metrics.read_text())

        return self.once('tested', folder.name, test)

    def minutes(self) -> str:
        """Tell for how long this comparison has run."""
        return f'{(time.monotonic() - self.started) / 60:.1f} min'

    def _launch(self, script: str, cfg: Config, folder: Path, *arguments:
                str) -> None:
        """Run a script; its output goes to a file, now and then a line of it
        is printed."""
        folder.mkdir(parents=True, exist_ok=True)
        config = folder / 'config.py'
        cfg = deepcopy(cfg)
        if self.processes > 1:
            # a backbone's frozen stages get no gradients, nor do parts of
            # some heads from a batch without persons
            cfg.find_unused_parameters = True
            if get_device() == 'cpu':  # where a wrapper of its own is set
                cfg.model_wrapper_cfg = dict(find_unused_parameters=True)
        cfg.dump(config)
        command = [sys.executable]
        launcher = []
        if self.processes > 1:
            command += [
                '-m', 'torch.distributed.run', '--standalone',
                f'--nproc_per_node={self.processes}'
            ]
            launcher = ['--launcher', 'pytorch']
        command += [TOOLS / script, config, *arguments, '--work-dir', folder]
        log = folder / f'{Path(script).stem}.log'
        print(f'{self.minutes():>10}  {script} {config}', flush=True)
        shown = time.monotonic()
        with log.open('a') as file, subprocess.Popen(
                list(map(str, command + launcher)),
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                # torchrun ends its processes when it is asked to end
                preexec_fn=partial(end_with_parent, os.getpid(),
                                   signal.SIGTERM),
                env=dict(os.environ, PYTHONUNBUFFERED='1')) as process:
            for line in process.stdout:
                file.write(line)
                file.flush()
                step = STEP.search(line)
                if step and time.monotonic() - shown > QUIET:
                    shown = time.monotonic()
                    print(
                        f'{self.minutes():>10}    {step.group()[:100]}',
                        flush=True)
        if process.returncode:
            end = ''.join(log.read_text().splitlines(keepends=True)[-15:])
            raise SystemExit(f'{end}\n{script} {config} failed: see {log}. '
                             'The same command goes on from here.')


def _first_difference(there: dict, here: dict, key: str = '') -> str:
    """Say which value of two unlike configs is another one, and both."""
    for name in [*there, *here]:
        values = there.get(name, 'not set'), here.get(name, 'not set')
        if values[0] != values[1]:
            break
    if all(isinstance(value, dict) for value in values):
        return _first_difference(*values, f'{key}{name}.')
    return '{} is {}, and here {}'.format(key + name, *map(shorten, values))


def training_name(cfg: Config) -> str:
    """Name what a model's training depends on, beside the base.

    Args:
        cfg (Config): In the base's setting. Its seed, if it has one, is a
            part of the name.

    Returns:
        str: The same for models that differ in the test alone, as with and
        without pose fusion.
    """
    model = deepcopy(cfg.model.to_dict())
    head = model['head']
    for place in (model, head):
        place.pop('post_processor', None)
    # estimators train alike
    for key in ('type', 'test_cfg'):
        model.pop(key, None)
    trained = [model, cfg.train_dataloader.to_dict()]
    kind = head['type'].lower().replace('head', '')
    name = f'{kind}-{_digest(_without_decoding(trained))}'
    seed = cfg.get('randomness', {}).get('seed')
    return name if seed is None else f'{name}-seed{seed}'


def test_name(cfg: Config) -> str:
    """Name a model's training and the way of its test."""
    tested = [
        cfg.model.to_dict(),
        cfg.test_evaluator.to_dict(), cfg.test_dataloader.batch_size
    ]
    return f'{training_name(cfg)}_test-{_digest(tested)}'


def _without_decoding(node):
    """Leave out what codecs need for tests alone."""
    if isinstance(node, dict):
        return {
            key: _without_decoding(value)
            for key, value in node.items() if not key.startswith('decode_')
        }
    if isinstance(node, (list, tuple)):
        return [_without_decoding(value) for value in node]
    return node


def _digest(values) -> str:
    text = json.dumps(values, sort_keys=True, default=str)
    return sha256(text.encode()).hexdigest()[:6]
