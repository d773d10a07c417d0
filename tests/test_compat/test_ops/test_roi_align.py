"""Pooled features and their gradients are those of plain loops."""
import math

import numpy as np
import pytest
import torch
from mmcv.ops import RoIAlign, roi_align
from stand_in import needs_lite
from torch.autograd import gradcheck

pytestmark = needs_lite


def read(features, y, x):
    """A map between four cells; beyond it, the border's value for one cell,
    and then nothing."""
    height, width = features.shape
    if not (-1 <= y <= height and -1 <= x <= width):
        return 0
    y, x = min(max(y, 0), height - 1), min(max(x, 0), width - 1)
    top, left = min(int(y), height - 2), min(int(x), width - 2)
    corners = features[top:top + 2, left:left + 2]
    y, x = y - top, x - left
    return np.array([1 - y, y]) @ corners @ np.array([1 - x, x])


def pool_by_loop(features, rois, size, scale, samples, aligned):
    pooled = np.zeros((len(rois), features.shape[1], *size))
    for n, (image, *box) in enumerate(rois):
        x1, y1, x2, y2 = np.array(box) * scale - (0.5 if aligned else 0)
        least = 0 if aligned else 1
        bin_h = max(y2 - y1, least) / size[0]
        bin_w = max(x2 - x1, least) / size[1]
        rows = samples or math.ceil(bin_h)
        columns = samples or math.ceil(bin_w)
        for c, i, j in np.ndindex(pooled.shape[1:]):
            pooled[n, c, i, j] = np.mean([
                read(features[int(image),
                              c], y1 + (i + (a + .5) / rows) * bin_h,
                     x1 + (j + (b + .5) / columns) * bin_w)
                for a in range(rows) for b in range(columns)
            ])
    return pooled


FEATURES = torch.from_numpy(np.random.default_rng(0).normal(size=(2, 2, 6, 7)))
# image, box in px; the last one is larger than the image
ROIS = torch.tensor([[0, 4.3, 2.1, 9.6, 11.2], [1, 0, 0, 13.9, 3.3],
                     [1, -7.7, -7.1, 19.9, 21.4]]).double()


@pytest.mark.parametrize('aligned', [False, True])
@pytest.mark.parametrize('samples', [0, 2])
def test_averages_are_those_of_a_loop(samples, aligned):
    pool = RoIAlign((3, 2), 0.5, samples, aligned=aligned)
    expected = pool_by_loop(FEATURES.numpy(), ROIS.numpy(), (3, 2), 0.5,
                            samples, aligned)
    np.testing.assert_allclose(pool(FEATURES, ROIS), expected, atol=1e-6)


@pytest.mark.parametrize('aligned', [False, True])
def test_gradients(aligned):
    features = FEATURES.clone().requires_grad_()
    assert gradcheck(
        lambda features: roi_align(features, ROIS,
                                   (3, 2), 0.5, 2, 'avg', aligned), features)


def test_no_regions():
    features = FEATURES.clone().requires_grad_()
    pooled = roi_align(features, torch.zeros(0, 5).double(), 3)
    assert pooled.shape == (0, 2, 3, 3)
    pooled.sum().backward()
    assert not features.grad.any()


def test_maxima_are_missing():
    with pytest.raises(ImportError, match="roi_align with pool_mode='max'"):
        roi_align(FEATURES, ROIS, 3, 1., 2, 'max')
