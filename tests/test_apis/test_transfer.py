"""Weights of COCO's keypoints as a start for CrowdPose's."""
import numpy as np
import pytest
import torch
import torch.nn as nn
from mmpose.registry import MODELS

from mmpose_pinet.apis.transfer import (sources_of, transfer_file,
                                        transfer_keypoints)
from mmpose_pinet.codecs.skeletons import load_skeleton
from mmpose_pinet.models.layers import FeaturePyramid

C, W, H = 6, 12, 10
COCO, CROWDPOSE = map(load_skeleton, ('coco', 'crowdpose'))


def build(skeleton, head='PINetPlusHead'):
    torch.manual_seed(0)
    model = nn.Module()
    model.head = MODELS.build(
        dict(
            type=head,
            in_channels=C,
            decoder=dict(
                type='PartSPR',
                input_size=(4 * W, 4 * H),
                heatmap_size=(W, H),
                parts='part-large',
                skeleton=skeleton),
            refinement=dict(type='PoseRefinement', num_layers=1)))
    for parameter in model.parameters():
        nn.init.normal_(parameter, std=.3)
    for name, value in model.named_buffers():
        if name.endswith(('running_mean', 'running_var')):
            nn.init.uniform_(value, .5, 1.5)
    return model.eval()


@pytest.fixture(scope='module')
def both():
    """A model of COCO's keypoints, and what it gave one of CrowdPose's."""
    coco, crowdpose = build('coco'), build('crowdpose')
    sources = sources_of(COCO, CROWDPOSE)
    crowdpose.load_state_dict(
        transfer_keypoints(coco.state_dict(), sources, 17), strict=True)
    return coco.head, crowdpose.head


def joints(name):
    """The index in CrowdPose, and those in COCO."""
    sources = dict(
        top_head=['left_eye', 'right_eye'],
        neck=['left_shoulder', 'right_shoulder']).get(name, [name])
    return CROWDPOSE.names.index(name), [COCO.names.index(s) for s in sources]


@torch.no_grad()
@pytest.mark.parametrize('name', CROWDPOSE.names)
def test_each_keypoint_does_what_its_sources_do(both, name):
    """Heatmap, displacement, correction, window and score: the mean."""
    coco, crowdpose = both
    here, there = joints(name)
    torch.manual_seed(1)
    pyramid = FeaturePyramid([torch.randn(1, C, H, W)])
    maps, theirs = (
        pyramid.convolve(head.point_layer)[0] for head in (crowdpose, coco))
    torch.testing.assert_close(maps[here], theirs[there].mean(0))
    torch.testing.assert_close(maps[14:], theirs[17:])  # parts

    images, parts = torch.zeros(3, dtype=torch.long), torch.arange(3)
    points = torch.rand(3, 2) * 8
    (poses, features), (their_poses, _) = (
        head.generate(pyramid, images, parts, points)
        for head in (crowdpose, coco))
    torch.testing.assert_close(poses[:, here], their_poses[:, there].mean(1))

    rows = crowdpose.refinement.predict.weight.view(14, 2, -1)
    their_rows = coco.refinement.predict.weight.view(17, 2, -1)
    torch.testing.assert_close(rows[here], their_rows[there].mean(0))
    for layer in 'nearness', 'offset_bias':
        torch.testing.assert_close(
            getattr(crowdpose.localisation, layer)[here],
            getattr(coco.localisation, layer)[there].mean(0))
    asked = crowdpose.localisation.part_query(features).view(3, 14, -1)
    theirs = coco.localisation.part_query(features).view(3, 17, -1)
    torch.testing.assert_close(asked[:, here], theirs[:, there].mean(1))


@torch.no_grad()
def test_links_join_what_their_sources_join(both):
    coco, crowdpose = (head.refinement.adjacency for head in both)
    for one in CROWDPOSE.names:
        for other in CROWDPOSE.names:
            (i, sources), (j, targets) = joints(one), joints(other)
            expected = np.mean([[coco[a, b] for b in targets]
                                for a in sources])
            assert crowdpose[i, j].item() == pytest.approx(expected, abs=1e-6)


@torch.no_grad()
def test_scores_read_heatmaps_of_the_same_keypoints(both):
    """A keypoint that both have counts as much in either."""
    coco, crowdpose = (head.scoring for head in both)
    for name in ('left_knee', 'neck'):
        here, there = joints(name)
        for layer in 'weight', 'bias', 'running_mean', 'running_var':
            ours, theirs = (
                getattr(head.input_norm, layer) for head in (crowdpose, coco))
            torch.testing.assert_close(
                ours[3 * C + here], theirs[[3 * C + t for t in there]].mean())
            torch.testing.assert_close(ours[:3 * C], theirs[:3 * C])
            torch.testing.assert_close(ours[3 * C + 14:], theirs[3 * C + 17:])
        torch.testing.assert_close(
            crowdpose.hidden.weight[:, 3 * C + here],
            coco.hidden.weight[:, [3 * C + t for t in there]].mean(1))
        torch.testing.assert_close(crowdpose.predict.bias[here],
                                   coco.predict.bias[there].mean())


def test_a_mirror_image_starts_mirrored():
    """Sources of a mirrored keypoint are the mirrored sources."""
    sources = sources_of(COCO, CROWDPOSE)
    for k, flipped in enumerate(CROWDPOSE.flip_indices):
        mirrored = {COCO.flip_indices[s] for s in sources[k]}
        assert mirrored == set(sources[flipped])


def test_a_paper_s_head_alone_and_all_else_stays(tmp_path):
    weights = dict(
        build('coco', 'PINetHead').state_dict(),
        **{'backbone.conv1.weight': torch.rand(3, 3)})
    torch.save(dict(state_dict=weights), tmp_path / 'coco.pth')
    said = transfer_file(tmp_path / 'coco.pth', tmp_path / 'new/crowd.pth',
                         'coco', 'crowdpose')
    assert '14 keypoints of crowdpose from coco' in said
    moved = torch.load(tmp_path / 'new/crowd.pth')['state_dict']
    assert torch.equal(
        moved.pop('backbone.conv1.weight'), weights['backbone.conv1.weight'])
    build('crowdpose', 'PINetHead').load_state_dict(moved, strict=True)
    stem = 'head.refinement.stem.linear.weight'
    assert torch.equal(moved[stem], weights[stem])


def test_a_keypoint_without_a_source_is_told():
    with pytest.raises(
            ValueError,
            match="no keypoint 'neck' to start the "
            "'neck' of crowdpose from.*--nearest neck=A,B"):
        sources_of(COCO, CROWDPOSE, dict(top_head=['nose']))
    with pytest.raises(ValueError, match="no keypoint 'chin'"):
        sources_of(COCO, CROWDPOSE, dict(top_head=['nose'], neck=['chin']))


@pytest.mark.parametrize('weights, message', [
    (dict(a=torch.zeros(2)), 'no checkpoint of a PINet'),
    ({
        'head.point_layer.weight': torch.zeros(17, 4),
        'head.displacement_layer.weight': torch.zeros(84, 4)
    }, '17 point maps and 84 displacements are not of 17 keypoints'),
])
def test_another_checkpoint_is_refused(weights, message, tmp_path):
    torch.save(weights, tmp_path / 'other.pth')
    with pytest.raises(ValueError, match=f'other.pth: .*{message}'):
        transfer_file(tmp_path / 'other.pth', tmp_path / 'b.pth', 'coco',
                      'crowdpose')
    assert not (tmp_path / 'b.pth').exists()
