"""PartSPR reads maps: peaks and keypoint scores, against plain loops."""
import pytest
import torch

from mmpose_pinet.codecs import PartSPR


def build(**kwargs):
    return PartSPR(
        input_size=(64, 64), heatmap_size=(16, 16), parts='head', **kwargs)


def peaks_by_loop(part_maps, kernel, threshold, limit):
    """[(image, part, point, score)], the best first within each map."""
    num_images, num_parts, height, width = part_maps.shape
    reach = kernel // 2
    peaks = []
    for b in range(num_images):
        for s in range(num_parts):
            of_map = []
            values = part_maps[b, s].tolist()
            for y in range(height):
                for x in range(width):
                    window = [
                        values[j][i] for j in range(
                            max(y - reach, 0), min(y + reach + 1, height))
                        for i in range(
                            max(x - reach, 0), min(x + reach + 1, width))
                    ]
                    value = values[y][x]
                    if value == max(window) and value > threshold:
                        of_map.append((b, s, [x, y], value))
            of_map.sort(key=lambda peak: -peak[-1])
            peaks += of_map[:limit]
    return peaks


# mean sides of 16, 200 (the last of kernel 3), 201, 300, 301
@pytest.mark.parametrize('height, width, kernel', [(12, 20, 3), (10, 390, 3),
                                                   (10, 392, 5), (6, 594, 5),
                                                   (6, 596, 7), (300, 8, 3)])
def test_peaks_as_by_loop(height, width, kernel):
    torch.manual_seed(0)
    part_maps = torch.rand(2, 2, height, width)
    codec = build(decode_thr=0.6, decode_max_instances=25)
    found = list(zip(*(x.tolist() for x in codec.find_peaks(part_maps))))
    assert found == peaks_by_loop(part_maps, kernel, 0.6, 25)


def test_a_column_more_does_not_widen_the_window():
    """Merged maps of two views have one: the map's own size decides."""
    codec = build(decode_thr=0.6, decode_max_instances=500)
    part_maps = torch.rand(1, 2, 10, 391)
    found = codec.find_peaks(part_maps, (390, 10))
    found = list(zip(*(x.tolist() for x in found)))
    assert found == peaks_by_loop(part_maps, 3, 0.6, 500)
    assert found != peaks_by_loop(part_maps, 5, 0.6, 500)


def test_at_most_thirty_a_part():
    """Of 64 peaks in a map, the 30 highest; of each map, not of all."""
    part_maps = torch.zeros(2, 3, 24, 24)
    part_maps[:, :, ::3, ::3] = torch.arange(1, 65).view(8, 8) / 64
    images, parts, _, scores = build().find_peaks(part_maps)
    assert len(scores) == 2 * 3 * 30
    assert scores.min().item() == 35 / 64
    assert images.tolist() == [0] * 90 + [1] * 90
    assert parts.tolist() == [
        s for _ in '01' for s in range(3) for _ in range(30)
    ]


def test_score_at_the_threshold_is_no_peak():
    part_maps = torch.zeros(1, 1, 9, 9)
    part_maps[0, 0, 2, 2], part_maps[0, 0, 6, 7] = 0.25, 0.26
    _, _, points, _ = build(decode_thr=0.25).find_peaks(part_maps)
    assert points.tolist() == [[7, 6]]


def test_every_place_is_given_with_those_that_do_not_count():
    torch.manual_seed(0)
    part_maps = torch.rand(2, 3, 8, 12) - 0.2
    codec = build(decode_thr=0.6, decode_max_instances=25)
    images, parts, points, scores = codec.find_peaks(part_maps, every=True)
    assert images.tolist() == [0] * 75 + [1] * 75
    assert parts.tolist() == ([0] * 25 + [1] * 25 + [2] * 25) * 2
    counts = scores > 0
    assert 0 < counts.sum() < 150
    found = codec.find_peaks(part_maps)
    for all_places, expected in zip((images, parts, points, scores), found):
        assert torch.equal(all_places[counts], expected)


@pytest.mark.parametrize('shape', [(1, 1, 9, 9), (2, 3, 4, 4), (0, 3, 4, 4)])
def test_nothing_to_find(shape):
    """Nor on maps of fewer cells than peaks are looked for."""
    found = build().find_peaks(torch.full(shape, -1.))
    assert [x.tolist() for x in found] == [[], [], [], []]


def read_by_loop(image, x, y):
    """Bilinear value of (H, W), the border's value beyond it."""
    height, width = image.shape
    x, y = min(max(x, 0), width - 1), min(max(y, 0), height - 1)
    i, j = min(int(x), width - 2), min(int(y), height - 2)
    near = image[j:j + 2, i:i + 2]
    along_x = near[:, 0] * (1 - x + i) + near[:, 1] * (x - i)
    return along_x[0] * (1 - y + j) + along_x[1] * (y - j)


def scores_by_loop(keypoint_maps, images, poses, size, origin=0):
    """Values at keypoints, from px 0 to px w - 1 of an image with stride 4."""
    num_keypoints = keypoint_maps.shape[1]
    scores = torch.zeros(len(images), num_keypoints)
    for t, image in enumerate(images.tolist()):
        for k, (x, y) in enumerate(poses[t].tolist()):
            if 0 <= 4 * x <= 4 * size[0] - 1 and 0 <= 4 * y <= 4 * size[1] - 1:
                scores[t, k] = read_by_loop(keypoint_maps[image, k],
                                            x - origin, y)
    return scores


def draw_poses():
    poses = torch.rand(200, 4, 2) * torch.tensor([14., 10]) - 2
    poses[0] = torch.tensor([[0., 0], [10.75, 6.75], [10.75, 0], [3, 6.75]])
    poses[1] = torch.tensor([[-.01, 3], [10.76, 3], [3, -.01], [3, 6.76]])
    poses[2] = 1e20
    return torch.randint(3, (200, )), poses


def test_keypoint_scores_as_by_loop():
    torch.manual_seed(0)
    keypoint_maps = torch.rand(3, 4, 7, 11)
    images, poses = draw_poses()
    scores = build().score_keypoints(keypoint_maps, images, poses)
    expected = scores_by_loop(keypoint_maps, images, poses, (11, 7))
    torch.testing.assert_close(scores, expected)
    assert (scores[0] > 0).all() and (scores[1:3] == 0).all()
    assert 0.2 < (scores > 0).float().mean() < 0.8


def test_keypoint_scores_of_merged_maps_as_by_loop():
    """They have a column more than the image, and begin before it."""
    torch.manual_seed(0)
    keypoint_maps = torch.rand(3, 4, 7, 12)
    images, poses = draw_poses()
    scores = build().score_keypoints(keypoint_maps, images, poses, (11, 7),
                                     -0.125)
    expected = scores_by_loop(keypoint_maps, images, poses, (11, 7), -0.125)
    torch.testing.assert_close(scores, expected)
    assert (scores[0] > 0).all() and (scores[1:3] == 0).all()


@pytest.mark.parametrize('px', [60, 61, 62, 63])
def test_a_keypoint_near_the_border_keeps_its_score(px):
    """Of 16 cells with stride 4 the last one's centre lies at px 60, and the
    image goes on to px 63."""
    keypoint_maps = torch.full((1, 1, 16, 16), 0.5)
    poses = torch.tensor([[[px / 4, 5.]], [[5., px / 4]], [[px / 4, px / 4]]])
    scores = build().score_keypoints(keypoint_maps,
                                     torch.zeros(3, dtype=torch.long), poses)
    assert scores.flatten().tolist() == [0.5, 0.5, 0.5]


def test_no_pose_no_score():
    scores = build().score_keypoints(
        torch.rand(1, 4, 7, 11), torch.zeros(0, dtype=torch.long),
        torch.zeros(0, 4, 2))
    assert scores.shape == (0, 4)
