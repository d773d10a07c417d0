"""Checkpoints in both formats that PyTorch has had."""
import pytest
import torch

FORMATS = dict(zip=True, legacy=False)


@pytest.fixture(params=FORMATS)
def save(request, tmp_path):
    """Writes a file in the format of torch since 1.6, and of before."""

    def save(content):
        path = tmp_path / 'checkpoint.pth'
        torch.save(
            content,
            path,
            _use_new_zipfile_serialization=FORMATS[request.param])
        return path

    return save
