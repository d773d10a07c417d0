"""A model that learns in some layers alone."""
import pytest
import torch
from mmengine.config import Config
from mmpose.registry import MODELS
from slim_model import CONFIG

ADDED = ['head.localisation', 'head.scoring']


def build(train_only):
    cfg = Config.fromfile(CONFIG)
    cfg.model.head.type = 'PINetPlusHead'
    torch.manual_seed(0)
    return MODELS.build(dict(cfg.model, train_only=train_only))


def is_added(name):
    return any(name.startswith(f'{layer}.') for layer in ADDED)


def test_the_others_need_no_gradient_and_are_in_evaluation():
    """As long as the model is trained, and after each validation."""
    model = build(ADDED)
    for _ in range(2):
        model.train()
        assert model.training
        for name, module in model.named_modules():
            if name:
                assert module.training == (name in ADDED or is_added(name))
        model.eval()
        assert not any(module.training for module in model.modules())
    for name, parameter in model.named_parameters():
        assert parameter.requires_grad == is_added(name), name


def test_a_step_moves_the_chosen_layers_and_no_statistic():
    model = build(ADDED).train()
    before = {name: x.clone() for name, x in model.state_dict().items()}
    features = model.extract_feat(torch.randn(2, 3, 64, 64))
    assert not any(level.requires_grad for level in features)
    optimizer = torch.optim.SGD(
        [p for p in model.parameters() if p.requires_grad], 1.)
    scoring = model.head.scoring
    count = scoring.input_norm.num_features
    scoring.predict(scoring.hidden(scoring.input_norm(torch.rand(
        4, count)))).sum().backward()
    optimizer.step()
    moved = {
        name
        for name, x in model.state_dict().items()
        if not torch.equal(x, before[name])
    }
    assert 'head.scoring.input_norm.running_mean' in moved
    assert moved and all(map(is_added, moved))


def test_a_whole_training_is_as_ever():
    model = build(None).train()
    assert all(module.training for module in model.modules())
    assert all(parameter.requires_grad for parameter in model.parameters())


def test_one_layer_within_another():
    model = build(['head.scoring.predict']).train()
    assert not model.head.scoring.training
    assert model.head.scoring.predict.training
    learning = [n for n, p in model.named_parameters() if p.requires_grad]
    assert learning == [
        'head.scoring.predict.weight', 'head.scoring.predict.bias'
    ]


@pytest.mark.parametrize('name, message', [
    ('head.scorings', "'head.scorings'.*head has .*localisation, scoring"),
    ('scoring', "'scoring'.*it has .*backbone, head"),
    ('', "''"),
    (3, '3, which is no layer'),
])
def test_a_name_of_no_layer(name, message):
    with pytest.raises(ValueError, match=f'model.train_only has {message}'):
        build([name])
