"""Candidates and maps of several test scales, merged by plain loops."""
import math

import pytest
import torch

from mmpose_pinet.models.heads.candidates import (Candidates, merge_candidates,
                                                  merge_maps)


def draw_candidates(num_images, *counts):
    """Entries of ``counts``: the candidates of a scale, in random images."""
    torch.manual_seed(0)
    return [
        Candidates(
            images=torch.randint(num_images, (count, )),
            poses=torch.rand(count, 5, 2) * 30,
            part_scores=torch.rand(count) + 0.1) for count in counts
    ]


# the first scale, or one of the others, may find nobody in an image
@pytest.mark.parametrize('counts', [(8, 9, 7), (0, 3, 3), (1, 0, 9)])
def test_candidates_as_by_loop(counts):
    found = draw_candidates(3, *counts)
    sizes, scales = [(20, 12), (12, 8), (44, 24)], [1., 0.5, 2.]
    merged = merge_candidates(found, sizes, scales, num_images=3)

    highest = [[
        max([s for i, s in zip(f.images, f.part_scores) if i == b],
            default=None) for b in range(3)
    ] for f in found]
    i = 0
    for at_scale, size, scale, best in zip(found, sizes, scales, highest):
        for image, pose, score in zip(at_scale.images, at_scale.poses,
                                      at_scale.part_scores):
            reference = highest[0][image]
            if reference is not None:
                score = score * reference / best[image]
            x = (pose[:, 0] - size[0] / 2) / scale + sizes[0][0] / 2
            y = (pose[:, 1] - size[1] / 2) / scale + sizes[0][1] / 2
            assert merged.images[i] == image
            torch.testing.assert_close(merged.poses[i], torch.stack([x, y], 1))
            torch.testing.assert_close(merged.part_scores[i], score)
            i += 1
    assert i == len(merged.images) == sum(counts)


def test_one_scale_is_left_as_it_is():
    found, = draw_candidates(2, 6)
    merged = merge_candidates([found], [(20, 12)], [1.], num_images=2)
    for key in ('images', 'poses', 'part_scores'):
        assert torch.equal(getattr(merged, key), getattr(found, key))
    maps = torch.rand(2, 3, 5, 4)
    merged = merge_maps([maps], [(4, 5)], [1.], torch.zeros(2))
    assert torch.equal(merged, maps)


def resize_by_loop(image, scale, size, first_size, origin):
    """(H, W) of another scale about its centre, borders repeated.

    A map's first column stands at ``origin`` in cells; a map of two views has
    one column more than the image has cells.
    """
    (width, height), wider = first_size, int(origin < 0)
    resized = torch.zeros(height, width + wider)
    for y in range(height):
        for x in range(width + wider):
            i = (x + origin - width / 2) * scale + size[0] / 2 - origin
            j = (y - height / 2) * scale + size[1] / 2
            i = min(max(i, 0), image.shape[1] - 1)
            j = min(max(j, 0), image.shape[0] - 1)
            for a in (math.floor(i), math.floor(i) + 1):
                for b in (math.floor(j), math.floor(j) + 1):
                    share = (1 - abs(i - a)) * (1 - abs(j - b))
                    if share > 0:
                        resized[y, x] += share * image[b, a]
    return resized


@pytest.mark.parametrize('scale, size', [(0.5, (6, 4)), (0.5, (8, 5)),
                                         (2., (22, 14)), (1.5, (15, 10))])
@pytest.mark.parametrize('origin', [0, -0.125])
def test_maps_as_by_loop(scale, size, origin):
    torch.manual_seed(0)
    first_size, wider = (10, 7), int(origin < 0)
    maps = torch.rand(2, 3, 7, 10 + wider)
    other = torch.rand(2, 3, size[1], size[0] + wider)
    merged = merge_maps([maps, other], [first_size, size], [1., scale],
                        torch.tensor([origin, 0]))
    for b in range(2):
        for m in range(3):
            resized = resize_by_loop(other[b, m], scale, size, first_size,
                                     origin)
            torch.testing.assert_close(merged[b, m],
                                       (maps[b, m] + resized) / 2)
