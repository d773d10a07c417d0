"""The script: one line, of what was written or of what is wrong."""
import official
import torch

SCRIPT = 'model_converters/official_to_mmpose.py'


def test_it_says_what_it_wrote(start, tmp_path):
    src, dst = tmp_path / 'official.pth', tmp_path / 'new/mmpose.pth'
    torch.save(official.heads(17, 3, 8, 2), src)
    done = start(src, dst)
    assert done.returncode == 0, done.stderr
    assert f'{dst}: 49 tensors' in done.stdout
    assert '17 keypoints of coco' in done.stdout
    assert dst.is_file()


def test_it_ends_in_one_clear_line(start, tmp_path):
    done = start(tmp_path / 'none.pth', tmp_path / 'out.pth')
    assert done.returncode == 2
    # MMEngine may warn of setuptools before it
    assert 'none.pth' in done.stderr.splitlines()[-1]
    assert 'Traceback' not in done.stderr
