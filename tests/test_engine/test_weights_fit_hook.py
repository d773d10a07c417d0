"""No run uses layers that are random and stay so."""
import pytest
import torch
from mmengine.model import BaseModel, BaseModule
from mmengine.registry import DATASETS, METRICS, MODELS, DefaultScope
from mmengine.runner import Runner
from torch import nn

from mmpose_pinet.engine import WeightsFitHook


@pytest.fixture(autouse=True)
def scope():
    with DefaultScope.overwrite_default_scope('mmpose'):
        yield


class Base(BaseModule):
    """A layer that may come from a file, with statistics."""

    def __init__(self, init_cfg=None):
        super().__init__(init_cfg)
        self.linear = nn.Linear(1, 2)
        self.norm = nn.BatchNorm1d(2)


@MODELS.register_module(force=True)
class TwoLayers(BaseModel):
    """``base`` and what is added to it."""

    def __init__(self, train_only=None, base=None):
        super().__init__()
        self.train_only = train_only
        self.converted = 0
        self.base = Base(base)
        self.added = nn.Linear(2, 1)
        self.register_buffer('constant', torch.ones(1))

    def _load_from_state_dict(self, state_dict, prefix, *args):
        old = state_dict.pop('old', None)
        if old is not None:
            self.converted += 1
            state_dict['added.bias'] = old
        super()._load_from_state_dict(state_dict, prefix, *args)

    def forward(self, number, mode):
        found = self.added(self.base.norm(self.base.linear(number)))
        return dict(loss=found.mean()) if mode == 'loss' else [found]


@DATASETS.register_module(force=True)
class OneNumber:
    """One number, twice."""
    metainfo = {}

    def __len__(self):
        return 2

    def __getitem__(self, index):
        return dict(number=torch.ones(1))


@METRICS.register_module(force=True)
class Nothing:
    """Measures nothing."""
    dataset_meta = None

    def process(self, data_batch, data_samples):
        pass

    def evaluate(self, size):
        return dict(AP=1.)


def runner_of(folder, model, load_from=None, trains=True, **options):
    loader = dict(
        batch_size=2,
        num_workers=0,
        dataset=dict(type='OneNumber'),
        collate_fn=dict(type='default_collate'),
        sampler=dict(type='DefaultSampler', shuffle=False))
    learning = dict(
        train_dataloader=loader,
        train_cfg=dict(by_epoch=True, max_epochs=1),
        optim_wrapper=dict(optimizer=dict(type='SGD', lr=.1)))
    # a test's config has a training, which is not built
    runner = Runner(
        dict(type='TwoLayers', **model),
        str(folder),
        test_dataloader=loader,
        test_evaluator=dict(type='Nothing'),
        test_cfg=dict(),
        load_from=load_from,
        custom_hooks=[WeightsFitHook()],
        experiment_name=folder.name,
        log_level='ERROR',
        default_scope='mmpose',
        **learning,
        **options)
    return runner.train if trains else runner.test


@pytest.fixture
def saved(tmp_path):
    """Saves the weights of a model, changed, and tells the file."""

    def save(change=lambda state: None, prefix=''):
        state = MODELS.build(dict(type='TwoLayers')).state_dict()
        change(state)
        state = {f'{prefix}{name}': value for name, value in state.items()}
        torch.save(dict(state_dict=state), tmp_path / 'a.pth')
        return str(tmp_path / 'a.pth')

    return save


def lose(*names):

    def change(state):
        for name in names:
            del state[name]

    return change


def widen(state):
    state['added.weight'] = torch.zeros(3, 2)
    state['added.bias'] = torch.zeros(3)


@pytest.mark.parametrize('change, named', [
    (lose('added.bias'), r'a.pth lacks added.bias, or'),
    (lose('base.norm.running_mean'), 'lacks base.norm.running_mean, or'),
    (widen, 'lacks added.weight, added.bias, or has them in another shape'),
    (lambda state: state.clear(),
     'lacks base.linear.weight, base.linear.bias, base.norm.weight and 5'),
])
def test_a_test_needs_all_weights(tmp_path, saved, change, named):
    test = runner_of(tmp_path, {}, saved(change), trains=False)
    with pytest.raises(ValueError, match=named):
        test()


@pytest.mark.parametrize('prefix', ['', 'module.'])
def test_a_test_of_whole_weights_runs(tmp_path, saved, prefix):
    """What else a checkpoint holds does no harm, and constants and counts
    may be missing."""

    def change(state):
        state['more'] = torch.zeros(1)
        del state['base.norm.num_batches_tracked'], state['constant']

    assert runner_of(
        tmp_path, {}, saved(change, prefix), trains=False)() == dict(AP=1.)


def test_older_names_are_converted_once(tmp_path, saved):

    def rename(state):
        state['old'] = state.pop('added.bias') + 1

    file = saved(rename)
    test = runner_of(tmp_path, {}, file, trains=False)
    assert test() == dict(AP=1.)
    model = test.__self__.model
    assert model.converted == 1
    old = torch.load(file)['state_dict']['old']
    assert torch.equal(model.added.bias.data, old)


def test_a_training_of_all_learns_what_a_checkpoint_lacks(tmp_path, saved):
    runner_of(tmp_path, {}, saved(widen))()
    runner_of(tmp_path, {}, saved(lose('base.linear.weight')))()
    runner_of(tmp_path, {})()


def test_what_is_not_trained_has_to_be_loaded(tmp_path, saved):
    some = dict(train_only=['added'])
    runner_of(tmp_path, some, saved(lose('added.bias')))()
    runner_of(tmp_path, some, saved(widen))()
    whole = lose('base.linear.weight')
    with pytest.raises(ValueError, match=r'lacks base.linear.weight, or'):
        runner_of(tmp_path, some, saved(whole))()
    with pytest.raises(
            ValueError,
            match=r"train_only=\['added'\] leaves base.linear.weight, "
            'base.linear.bias, base.norm.weight and 3 more as they are.*'
            'load_from=FILE'):
        runner_of(tmp_path, some)()


def test_names_are_of_whole_layers(tmp_path, saved):
    """``add`` is not the beginning of ``added``."""
    with pytest.raises(ValueError, match='lacks added.bias, or'):
        runner_of(tmp_path, dict(train_only=['base']),
                  saved(lose('added.bias')))()
    with pytest.raises(ValueError, match='leaves base.linear.weight, .* 5 mo'):
        runner_of(tmp_path, dict(train_only=['add']))()


def test_it_may_come_from_an_init_cfg(tmp_path, saved):
    """The backbone's weights do, where only a head is trained."""
    start = dict(type='Pretrained', checkpoint=saved(), prefix='base.')
    some = dict(train_only=['added'])
    runner_of(tmp_path, dict(some, base=start))()
    runner_of(tmp_path, dict(some, base=[start]))()
    with pytest.raises(ValueError, match='leaves added.weight, added.bias as'):
        runner_of(tmp_path, dict(train_only=['base'], base=start))()
    with pytest.raises(ValueError, match='leaves base.linear.weight'):
        runner_of(tmp_path, dict(some, base=dict(type='Constant', val=0.)))()


def test_a_training_of_some_layers_goes_on(tmp_path, saved):
    some = dict(train_only=['added'])
    runner_of(tmp_path, some, saved())()
    runner_of(tmp_path, some, resume=True)()
