"""What the head beyond the paper learns, and from what."""
import pytest
import torch
import torch.nn.functional as F
from plus_head import H, K, W, build_plus_head, draw_features, draw_labelled

from mmpose_pinet.models import PINetHead
from mmpose_pinet.models.heads.candidate_targets import (CandidateTargets,
                                                         LabelledPersons)
from mmpose_pinet.models.layers import FeaturePyramid

ADDED = ('localisation.', 'scoring.')


def draw(head, *num_persons, **kwargs):
    """Features that take a gradient, and labelled samples."""
    feats = draw_features(len(num_persons)).requires_grad_()
    return feats, draw_labelled(head, *num_persons, **kwargs)


@torch.no_grad()
def candidates(head, feats):
    """Those of a test without a mirror: images, parts, poses, features."""
    pyramid = FeaturePyramid([feats])
    images, parts, points, _ = head.decoder.find_peaks(head((feats, ))[:, K:])
    coarse, part_features = head.generate(pyramid, images, parts, points)
    refined = head.refine(pyramid, images, coarse, part_features)
    return pyramid, images, parts, refined, part_features


def smooth_l1(x):
    x = abs(x)
    return x * x / 2 if x < 1 else x - 0.5


@torch.no_grad()
def losses_by_hand(head, feats, samples):
    """In evaluation, candidate by candidate and keypoint by keypoint."""
    pyramid, images, parts, refined, part_features = candidates(head, feats)
    persons = LabelledPersons.collect(samples, head.sigmas,
                                      torch.tensor([4., 4.]))
    targets = CandidateTargets.match(persons, images, refined)
    located = head.localisation(pyramid, images, refined, part_features)
    total, taught = 0., 0
    for t in range(len(images)):
        for k in range(K):
            truth, near = targets.poses[t, k], refined[t, k]
            if (targets.oks[t] > 0.1 and targets.labelled[t, k]
                    and (truth - near).abs().max() <= 4.5):
                taught += 1
                for axis in range(2):
                    total += smooth_l1(
                        (located[t, k, axis] - truth[axis]).item() /
                        targets.tolerances[t, k].item())
    found = {'loss/localisation': total / max(taught, 1)}

    logits = head.score(pyramid, images, parts, located, part_features)
    terms, total, counted = targets.terms(located), 0., 0
    for t in range(len(images)):
        for k in range(K):
            nobodys = targets.oks[t] < 1e-3
            if targets.labelled[t, k] or nobodys:
                counted += 1
                total += F.binary_cross_entropy_with_logits(
                    logits[t, k], terms[t, k]).item()
    found['loss/scoring'] = total / max(counted, 1)
    return found, taught, counted


def build_near_head():
    """Its candidates are as large as persons are."""
    head = build_plus_head(refinement=None)
    with torch.no_grad():
        head.displacement_layer.weight.mul_(0.1)
        head.displacement_layer.bias.mul_(2)
    return head


@pytest.mark.parametrize('num_persons', [(3, 2), (0, 4), (6, 6)])
def test_losses_as_by_hand(num_persons):
    head = build_near_head().eval()
    feats, samples = draw(head, *num_persons)
    losses = head.loss((feats, ), samples)
    expected, taught, counted = losses_by_hand(head, feats, samples)
    assert taught > 5 and counted > taught
    for name, value in expected.items():
        assert losses[name].item() == pytest.approx(value, rel=1e-4), name


def test_the_paper_s_losses_are_the_paper_s():
    """Those and their gradients, to the last bit."""
    plus = build_plus_head().train()
    paper = build_plus_head(PINetHead).train()
    paper.load_state_dict(plus.state_dict(), strict=False)
    gradients = []
    for head in (plus, paper):
        feats, samples = draw(head, 3, 2)
        losses = head.loss((feats, ), samples)
        sum(losses.values()).backward()
        shared = {
            name: parameter.grad
            for name, parameter in head.named_parameters()
            if not name.startswith(ADDED)
        }
        gradients.append((losses, dict(shared, features=feats.grad)))
    (ours, our_gradients), (theirs, their_gradients) = gradients
    assert set(ours) == {*theirs, 'loss/localisation', 'loss/scoring'}
    for name in theirs:
        torch.testing.assert_close(ours[name], theirs[name], rtol=0, atol=0)
    assert set(our_gradients) == set(their_gradients)
    for name, gradient in their_gradients.items():
        torch.testing.assert_close(
            our_gradients[name], gradient, rtol=0, atol=0)


@pytest.mark.parametrize('num_persons', [(3, 2), (0, 0), (0, 1)])
def test_each_added_layer_learns_whoever_is_there(num_persons):
    """With nobody in the batch too: processes wait for all gradients."""
    head = build_plus_head().train()
    feats, samples = draw(head, *num_persons)
    losses = head.loss((feats, ), samples)
    (losses['loss/localisation'] + losses['loss/scoring']).backward()
    for name, parameter in head.named_parameters():
        if name.startswith(ADDED):
            assert parameter.grad is not None, name
            assert parameter.grad.isfinite().all(), name
        else:
            assert parameter.grad is None, name
    assert feats.grad is None


def test_no_candidate_at_all():
    """Point maps of an untrained network have no peak."""
    head = build_plus_head().train()
    head.decoder.decode_thr = 1e9
    feats, samples = draw(head, 2)
    losses = head.loss((feats, ), samples)
    (losses['loss/localisation'] + losses['loss/scoring']).backward()
    assert losses['loss/localisation'] == losses['loss/scoring'] == 0
    assert head.scoring.predict.weight.grad is not None
    assert head.localisation.key.weight.grad is not None


def test_one_keypoint_that_counts(monkeypatch):
    """Its loss is the loss, and what the other keypoints say is nothing."""
    head = build_plus_head().eval()
    feats, samples = draw(head, 1)
    people, k = samples[0].gt_instances, 5
    people.keypoints_visible[:] = 0
    people.keypoints_visible[0, k] = 1
    images, parts, _, part_features = (
        x[:1] for x in head._candidates(FeaturePyramid([feats]), samples))
    pose = torch.as_tensor(people.keypoints) / 4
    monkeypatch.setattr(
        head, '_candidates', lambda pyramid, samples:
        (images, parts, pose, part_features))
    losses = head.loss((feats, ), samples)
    with torch.no_grad():
        pyramid = FeaturePyramid([feats])
        located = head.localisation(pyramid, images, pose, part_features)
        logits = head.score(pyramid, images, parts, located, part_features)
    persons = LabelledPersons.collect(samples, head.sigmas,
                                      torch.tensor([4., 4.]))
    off = (located - pose)[0, k] / persons.tolerances[0, 0, k]
    term = torch.exp(-off.square().sum() / 2)
    assert losses['loss/localisation'].item() == pytest.approx(
        sum(map(smooth_l1, off.tolist())))
    assert losses['loss/scoring'].item() == pytest.approx(
        F.binary_cross_entropy_with_logits(logits[0, k], term).item())


def test_candidates_are_those_of_a_test():
    """Refinement's statistics are the running ones, and stay."""
    head = build_plus_head().train()
    feats, samples = draw(head, 3)
    statistics = [b.clone() for b in head.refinement.buffers()]
    found = head._candidates(FeaturePyramid([feats]), samples)
    assert head.refinement.training
    for before, after in zip(statistics, head.refinement.buffers()):
        torch.testing.assert_close(before, after)
    _, *expected = candidates(head.eval(), feats)
    for one, other in zip(found, expected):
        torch.testing.assert_close(one, other)


def test_where_nothing_is_told_no_candidate_learns():
    """Crowds that nobody labelled: their mask is 0."""
    head = build_plus_head(refinement=None).eval()
    mask = torch.ones(1, H, W)
    mask[..., :W // 2] = 0
    feats = draw_features(1)
    pyramid, images, parts, poses, _ = candidates(head, feats)
    points = head.decoder.find_peaks(head((feats, ))[:, K:])[2]
    told = points[:, 0] >= W // 2
    assert 0 < told.sum() < len(told)
    found = head._candidates(pyramid, draw_labelled(head, 2, mask=mask))
    for one, other in zip(found, (images, parts, poses)):
        torch.testing.assert_close(one, other[told])


def test_losses_under_autocast():
    """As of float32, but for the precision of features."""
    head = build_plus_head().eval()
    feats, samples = draw(head, 3, 2)
    expected = head.loss((feats, ), samples)
    with torch.autocast('cpu', torch.bfloat16):
        losses = head.loss((feats, ), samples)
    for name, value in expected.items():
        assert losses[name].dtype == torch.float32
        assert losses[name].item() == pytest.approx(value.item(), rel=0.1)
    sum(losses.values()).backward()
    assert feats.grad.isfinite().all()


def test_one_alone():
    for name in ('localisation', 'scoring'):
        head = build_plus_head(**{name: None}).train()
        feats, samples = draw(head, 2)
        losses = head.loss((feats, ), samples)
        assert f'loss/{name}' not in losses
        assert len(losses) == 4
        sum(losses.values()).backward()


def test_losses_can_be_weighted():
    weighted = dict(
        localisation_loss=dict(
            type='SoftWeightSmoothL1Loss',
            use_target_weight=True,
            supervise_empty=False,
            loss_weight=2.),
        scoring_loss=dict(
            type='BCELoss',
            use_target_weight=True,
            reduction='sum',
            loss_weight=3.))
    losses = []
    for changes in {}, weighted:
        head = build_plus_head(**changes).eval()
        feats, samples = draw(head, 4, 4)
        losses.append(head.loss((feats, ), samples))
    for name, factor in (('localisation', 2), ('scoring', 3)):
        torch.testing.assert_close(factor * losses[0][f'loss/{name}'],
                                   losses[1][f'loss/{name}'])


def test_it_learns_to_find_and_to_score():
    """A picture learned by heart, the layers of the paper left alone."""
    head = build_near_head().train()
    feats, samples = draw(head, 4)
    added = [p for n, p in head.named_parameters() if n.startswith(ADDED)]
    optimizer = torch.optim.Adam(added, 0.02)
    seen = []
    for _ in range(60):
        losses = head.loss((feats.detach(), ), samples)
        seen.append(
            [losses[f'loss/{n}'].item() for n in ('localisation', 'scoring')])
        optimizer.zero_grad()
        (losses['loss/localisation'] + losses['loss/scoring']).backward()
        optimizer.step()
    assert seen[-1][0] < seen[0][0] * 0.75
    assert seen[-1][1] < seen[0][1] / 2
