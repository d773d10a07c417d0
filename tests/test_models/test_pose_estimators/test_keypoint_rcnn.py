"""Mask R-CNN's keypoint head between MMPose's data and evaluator."""
import numpy as np
import pytest
import torch
from mmengine.structures import InstanceData
from mmpose.registry import MODELS
from mmpose.structures import PoseDataSample
from torchvision.models import resnet18

SIDE = 64
# few boxes: each passes eight convolutions of 512 channels
FEW = dict(
    box_batch_size_per_image=4,
    rpn_batch_size_per_image=32,
    rpn_post_nms_top_n_train=20,
    rpn_post_nms_top_n_test=5,
    box_detections_per_img=2)


@pytest.fixture
def model():
    torch.manual_seed(0)
    return MODELS.build(
        dict(
            type='KeypointRCNNEstimator',
            num_keypoints=3,
            backbone='resnet18',
            network=FEW))


def corners(x1, y1, x2, y2):
    """As the data pipeline leaves a box after it has turned the picture."""
    return [[x1, y1], [x1, y2], [x2, y1], [x2, y2]]


def sample(boxes, keypoints=None, visible=None):
    keypoints = np.zeros(
        (len(boxes), 3, 2)) if keypoints is None else keypoints
    visible = np.ones((len(boxes), 3)) if visible is None else visible
    sample = PoseDataSample(
        gt_instances=InstanceData(
            bboxes=np.reshape([corners(*box) for box in boxes], (-1, 4, 2)),
            keypoints=np.asarray(keypoints),
            keypoints_visible=np.asarray(visible)),
        metainfo=dict(
            input_size=(SIDE, SIDE),
            input_center=np.array([100., 50.]),
            input_scale=np.array([200., 200.])))
    return sample


def handed_to_network(model, samples, monkeypatch):
    handed = []
    monkeypatch.setattr(model.network, 'forward',
                        lambda *arguments: handed.append(arguments))
    model(torch.zeros(len(samples), 3, SIDE, SIDE), samples, 'loss')
    return handed[0][1]


def test_targets_are_boxes_inside_and_labelled_joints(model, monkeypatch):
    keypoints = np.arange(18.).reshape(3, 3, 2)
    visible = np.array([[1, 0, 2], [1, 1, 1], [1, 1, 1]])
    boxes = [(-5, 4, 20, 30), (70, 4, 90, 30), (10, 10, 10.5, 40)]
    target, = handed_to_network(model, [sample(boxes, keypoints, visible)],
                                monkeypatch)
    # the second lies outside, the third has no width
    assert target['boxes'].tolist() == [[0, 4, 20, 30]]
    assert target['labels'].tolist() == [1]
    assert target['keypoints'].tolist() == [[[0, 1, 1], [2, 3, 0], [4, 5, 1]]]


def test_box_of_a_turned_picture_holds_all_corners(model, monkeypatch):
    turned = sample([(0, 0, 1, 1)])
    turned.gt_instances.bboxes = np.array([[[20., 10], [8, 25], [40, 30],
                                            [28, 45]]])
    target, = handed_to_network(model, [turned], monkeypatch)
    assert target['boxes'].tolist() == [[8, 10, 40, 45]]


def test_picture_without_persons_trains(model):
    losses = model(
        torch.rand(2, 3, SIDE, SIDE),
        [sample([]), sample([(5, 5, 50, 60)])], 'loss')
    assert len(losses) == 5
    assert all(torch.isfinite(loss) for loss in losses.values())
    assert all(
        torch.isfinite(loss) for loss in model(
            torch.rand(1, 3, SIDE, SIDE), [sample([])], 'loss').values())


def test_it_learns_a_picture(model):
    """The norms and the first two stages stay; the rest learns."""
    keypoints = np.array([[[20., 15], [30, 40], [40, 55]]])
    data = torch.rand(1, 3, SIDE, SIDE), [sample([(10, 8, 50, 60)], keypoints)]
    body = model.network.backbone.body
    still = body.layer1[0].conv1.weight.clone()
    moving = body.layer4[0].conv1.weight.clone()
    assert not list(body.bn1.parameters())
    trained = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.Adam(trained, lr=1e-4)
    totals = []
    for _ in range(6):
        total = sum(model(*data, 'loss').values())
        optimizer.zero_grad()
        total.backward()
        optimizer.step()
        totals.append(total.item())
    assert sum(totals[-2:]) < 0.9 * sum(totals[:2])
    assert torch.equal(body.layer1[0].conv1.weight, still)
    assert not torch.equal(body.layer4[0].conv1.weight, moving)


@pytest.mark.parametrize('mode', ['loss', 'predict'])
def test_pictures_keep_the_size_of_the_data_pipeline(model, mode):
    """And their values, in tests as in training."""
    model.train(mode == 'loss')
    seen = []
    model.network.backbone.register_forward_pre_hook(
        lambda _, inputs: seen.append(inputs[0]))
    pictures = torch.rand(2, 3, SIDE, 2 * SIDE)
    boxes = [(10, 8, 50, 60)]
    with torch.no_grad():
        model(pictures, [sample(boxes), sample(boxes)], mode)
    assert torch.equal(seen[0], pictures)


@pytest.mark.parametrize('key',
                         ['min_size', 'max_size', 'image_mean', 'image_std'])
def test_what_is_the_datas_is_no_argument_of_the_network(key):
    network = {'box_nms_thresh': 0.4, key: 800}
    with pytest.raises(ValueError, match=f'network has {key}: .*pipeline'):
        MODELS.build(dict(type='KeypointRCNNEstimator', network=network))


@torch.no_grad()
def test_a_network_that_has_diverged_is_an_error(model):
    """A score of NaN would be nobody."""
    model.eval()
    pictures = torch.rand(2, 3, SIDE, SIDE)
    samples = [sample([]), sample([])]
    model(pictures, samples, 'predict')
    pictures[1, 0, 5, 5] = torch.nan
    samples[1].set_metainfo(dict(img_path='second.jpg'))
    with pytest.raises(ValueError, match='^second.jpg: features'):
        model(pictures, samples, 'predict')
    # nothing is left to check a training with names of this test
    assert not model.network.backbone._forward_hooks


def test_predictions_are_in_px_of_the_picture(model, monkeypatch):
    """The input is 64 px for 200 px of the picture around (100, 50)."""
    found = dict(
        boxes=torch.tensor([[0., 0, 32, 64]]),
        scores=torch.tensor([.8]),
        labels=torch.tensor([1]),
        keypoints=torch.tensor([[[32., 32, 1], [0, 0, 1], [64, 16, 1]]]),
        keypoints_scores=torch.tensor([[0., 100, -100]]))
    monkeypatch.setattr(model.network, 'forward', lambda pictures: [found])
    result, = model(torch.zeros(1, 3, SIDE, SIDE), [sample([])], 'predict')
    persons = result.pred_instances
    np.testing.assert_allclose(persons.keypoints,
                               [[[100, 50], [0, -50], [200, 0]]])
    np.testing.assert_allclose(persons.bboxes, [[0, -50, 100, 150]])
    np.testing.assert_allclose(persons.keypoint_scores, [[.5, 1, 0]])
    np.testing.assert_allclose(persons.bbox_scores, [.8])


def test_nobody_found_is_no_error(model):
    model.eval()
    model.network.roi_heads.score_thresh = 2
    with torch.no_grad():
        result, = model(torch.rand(1, 3, SIDE, SIDE), [sample([])], 'predict')
    assert result.pred_instances.keypoints.shape == (0, 3, 2)


def test_resnet_starts_from_a_file(model, tmp_path):
    weights = resnet18().state_dict()
    file = str(tmp_path / 'resnet18.pth')
    torch.save(weights, file)
    model.init_cfg = dict(type='Pretrained', checkpoint=file)
    model.init_weights()
    for name, value in model.network.backbone.body.state_dict().items():
        assert torch.equal(value, weights[name]), name


def test_another_mode_is_an_error(model):
    with pytest.raises(RuntimeError, match="mode is 'tensor'"):
        model(torch.zeros(1, 3, SIDE, SIDE), [sample([])])
