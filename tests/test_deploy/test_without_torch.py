"""An exported file runs where PyTorch and OpenMMLab are not installed."""
import subprocess
import sys
from pathlib import Path

import cv2
import pytest
from small_files import draw_images, write

ROOT = Path(__file__).parents[2]
# not in `pip install mmpose_pinet[deploy]`, or not needed of it
MISSING = ('torch', 'torchvision', 'mmengine', 'mmcv', 'mmdet', 'mmpose',
           'yaml', 'scipy', 'matplotlib', 'onnx', 'rich')


@pytest.fixture
def folder(tmp_path):
    write(tmp_path / 'small.onnx')
    image = draw_images(1)[0]
    cv2.imwrite(str(tmp_path / 'a.png'), image)
    video = cv2.VideoWriter(
        str(tmp_path / 'b.avi'), cv2.VideoWriter_fourcc(*'MJPG'), 5,
        image.shape[1::-1])
    video.write(image)
    video.release()
    return tmp_path


def run(folder, engine, code):
    """Run code where only one engine can be imported."""
    other = {'onnxruntime': 'openvino', 'openvino': 'onnxruntime'}[engine]
    gone = [*MISSING, other]
    return subprocess.run([
        sys.executable, '-c', f"""
import sys
from importlib.abc import MetaPathFinder


class Missing(MetaPathFinder):

    def find_spec(self, name, path, target=None):
        if name.split('.')[0] in {gone}:
            raise ModuleNotFoundError(f'No module named {{name!r}}', name=name)


import importlib.util
found = importlib.util.find_spec
importlib.util.find_spec = lambda name, *args: (
    None if name in {gone} else found(name, *args))
sys.meta_path.insert(0, Missing())
sys.path.insert(0, {str(ROOT)!r})
{code}
assert not set({gone}) & set(sys.modules)
"""
    ],
                          cwd=folder,
                          capture_output=True,
                          text=True)


@pytest.mark.parametrize('engine, name', [('onnxruntime', 'ONNX Runtime'),
                                          ('openvino', 'OpenVINO')])
def test_in_python_and_on_the_command_line(folder, engine, name):
    done = run(
        folder, engine, """
import mmpose_pinet
from mmpose_pinet.apis import PINet
from mmpose_pinet.deploy.runtime import PINetRuntime

result = PINetRuntime('small.onnx')('a.png')
result.plot(path='drawn.png')
result.save_json('a.json')
print(PINet('small.onnx')('a.png'))
result, = PINet('small.onnx').predict_video('b.avi', 'b.mp4', 'b.json', True)
assert result.ids.tolist() == [1, 2]

from mmpose_pinet.cli import main
assert main(['predict', 'a.png', '--model', 'small.onnx']) == 0
""")
    assert done.returncode == 0, done.stderr
    line = '2 persons in a.png, best score 0.43'
    assert done.stdout == f'{line}\n{line}, written to poses\n'
    assert done.stderr.startswith(f'small.onnx runs on {name}')
    assert len(done.stderr.splitlines()) == 1
    assert {file.name
            for file in folder.rglob('*.*')} == {
                'small.onnx', 'a.png', 'drawn.png', 'a.json', 'a.png.json',
                'b.avi', 'b.mp4', 'b.json'
            }


def test_what_needs_pytorch_says_so(folder):
    done = run(
        folder, 'onnxruntime', """
from mmpose_pinet.cli import main
assert main(['train', 'pinet_hrnet-w32_coco']) == 2
assert main(['predict', 'a.png', '--model', 'a.py']) == 2
""")
    assert done.returncode == 0, done.stderr
    for line in done.stderr.splitlines():
        assert 'which is not installed' in line and 'pinet export' in line
    assert len(done.stderr.splitlines()) == 2
