"""Parameters and FLOPs, against a count by hand."""
from pathlib import Path

import pytest
import torch
import torch.nn as nn
from mmengine.fileio import load

import mmpose_pinet  # noqa: F401  before mmcv.ops

# isort: split
from mmcv.ops import DeformConv2d

ROOT = Path(__file__).resolve().parents[3]
CONFIGS = ROOT / 'configs/pinet'
TINY = CONFIGS / 'pinet_hrnet-tiny_drawn-crowd.py'
SCRIPT = 'analysis_tools/get_flops.py'

K, S, LAYERS = 17, 3, 3
CHANNELS = 16, 32, 64, 128  # of the backbone's maps
C = sum(CHANNELS)
CELLS = 32 * 24  # of a 128 x 96 input
CANDIDATES = 7
POSES = CANDIDATES * S


@pytest.fixture(scope='module')
def tiny(tool):
    return tool['build_model'](str(TINY), {})


@pytest.fixture(scope='module')
def rows(tool, tiny):
    return tool['count_rows'](tiny, (128, 96), CANDIDATES)


def test_backbone(tiny, rows):
    """A convolution does in/groups * k * k multiply-adds an output, a norm
    two, resizing to the nearest one and bilinear resizing four."""
    costs = {
        nn.Conv2d: lambda m: m.in_channels // m.groups * m.kernel_size[0]**2,
        nn.BatchNorm2d: lambda m: 2,
        nn.Upsample: lambda m: 1
    }
    flops = []
    hooks = [
        module.register_forward_hook(
            lambda m, _, out: flops.append(costs[type(m)](m) * out.numel()))
        for module in tiny.backbone.modules() if type(module) in costs
    ]
    with torch.no_grad():
        tiny.backbone(torch.zeros(1, 3, 128, 96))
    for hook in hooks:
        hook.remove()
    params = sum(p.numel() for p in tiny.backbone.parameters())
    assert rows['ours']['backbone'] == (params, sum(flops))
    flops.append(4 * C * CELLS)  # resizing all maps to concatenate them
    assert rows['paper']['backbone'] == (params, sum(flops))


def test_ppg_is_two_1x1_convolutions(rows):
    points, displacements = K + S, S * K * 2
    params = (C + 1) * (points + displacements)
    assert rows['paper']['PPG'] == (params,
                                    C * (points + displacements) * CELLS)

    # as it runs: each level has half the side of the last; points of the
    # three smaller ones are resized, which costs four
    maps = sum(c * CELLS // 4**i for i, c in enumerate(CHANNELS))
    flops = points * (maps + 3 * 4 * CELLS) + C * displacements * POSES
    assert rows['ours']['PPG'] == (params, flops)


def test_pr_is_its_graph_convolutions_and_two_layers(rows):
    convs = 1 + 2 * LAYERS
    params = (
        K * K + convs * (C * C + C + 2 * C) + 3 * C * C + C + 2 * C +
        (C + 1) * 2 * K)
    # norms are part of the layers before them
    flops = POSES * (convs * (K * K * C + K * C * C) + 3 * C * C + C * 2 * K)
    assert rows['ours']['PR'] == (params, flops)


LOCALISATION, SCORING = 'model.head.localisation', 'model.head.scoring'


@pytest.mark.parametrize('left_out', [None, LOCALISATION, SCORING])
def test_what_the_paper_has_not_is_told_apart(tool, left_out):
    """Keys are made of whole maps; all else follows the candidates."""
    options = {'model.head.type': 'PINetPlusHead'}
    if left_out:
        options[left_out] = None
    model = tool['build_model'](str(TINY), options)
    rows = tool['count_rows'](model, (128, 96), CANDIDATES)
    params = flops = 0
    if left_out != LOCALISATION:
        e, window, maps = 32, 81, sum(c * CELLS // 4**i
                                      for i, c in enumerate(CHANNELS))
        params += (C + 1) * e * (2 + K) + K * (1 + window)
        flops += e * (maps + 3 * 4 * CELLS)
        flops += POSES * K * (C * e + C * e + window * e)
    if left_out != SCORING:
        inputs, hidden = 3 * C + K + 1 + 2 + S, 128
        params += 2 * inputs + (inputs + 1) * hidden + 2 * hidden + (hidden +
                                                                     1) * K
        flops += POSES * (inputs * hidden + hidden * K)
    counted = rows['ours']['beyond']
    assert counted[0] == params
    # norms, which are two of an input, and reading columns
    assert flops <= counted[1] < 1.1 * flops
    whole = sum(p.numel() for p in model.parameters())
    assert rows['ours']['whole'][0] == whole
    assert 'beyond' not in rows['paper']


def test_the_whole_is_the_sum(rows, tiny):
    assert 'PR' not in rows['paper']
    for row in rows.values():
        parts = [value for name, value in row.items() if name != 'whole']
        assert row['whole'] == tuple(sum(column) for column in zip(*parts))
    params = sum(p.numel() for p in tiny.parameters())
    assert rows['ours']['whole'][0] == params


@pytest.mark.parametrize('name, params, flops', [
    ('pinet_hrnet-w32_ochuman', 29.364e6, 42.438e9),
    pytest.param(
        'spm_hrnet-w32_ochuman', 29.331e6, 41.888e9, marks=pytest.mark.slow),
])
def test_the_papers_row(tool, name, params, flops):
    """Table 3, to its last digit. All that it counts grows with the input's
    area: 128 px tell of 512."""
    entry, = (
        x for x in load(CONFIGS / 'metafile.yml')['Models']
        if x['Name'] == name)
    model = tool['build_model'](str(ROOT / entry['Config']), {})
    counted = tool['count_rows'](model, (128, 128), 1)['paper']['whole']
    assert counted[0] == pytest.approx(params, abs=500)
    assert counted[1] * 16 == pytest.approx(flops, abs=500e3)
    paper = entry['Metadata']
    assert params == pytest.approx(paper['Parameters (paper)'], abs=0.1e6)
    assert flops == pytest.approx(paper['FLOPs (paper)'], abs=0.1e9)


def test_people_of_another_kind(tool, nine_keypoints):
    model = tool['build_model'](nine_keypoints.config, {})
    counted = tool['count_rows'](model, (64, 64), 1)['ours']
    assert counted['PPG'][0] == (C + 1) * (9 + 3 + 3 * 9 * 2)
    params = sum(p.numel() for p in model.head.refinement.parameters())
    assert counted['PR'][0] == params


def test_the_command_prints_a_narrow_table(start):
    done = start(TINY, '--shape', 64, 64, '--cfg-options',
                 'model.head.refinement=None')
    assert done.returncode == 0, done.stderr
    table = done.stdout.splitlines()[1:]
    assert all(len(line) < 80 for line in table)
    for row in table:
        if row.startswith(('params', 'FLOPs')):
            backbone, ppg, refinement, whole = row.split()[2:]
            assert refinement == '-'
            assert float(backbone) + float(ppg) == pytest.approx(
                float(whole), abs=0.0015)


@pytest.fixture(scope='module')
def higher(tool):
    config = ROOT / 'configs/peers/higherhrnet_hrnet-w32_coco.py'
    return str(config), tool['count_rows'](tool['build_model'](str(config),
                                                               {}), (128, 128),
                                           1)


def test_another_head_is_counted_as_its_authors_do(higher):
    """HigherHRNet's, by hand: a deconvolution has half the cells of its
    output, along both sides, to read."""
    channels, cells = 32, 32 * 32
    coarse = (channels + 1) * 2 * K
    deconvolution = (channels + 2 * K) * channels * 16
    block = 2 * 9 * channels**2
    fine = (channels + 1) * K
    norms = 9 * 2 * channels
    params, flops = higher[1]['authors']['head']
    assert params == coarse + deconvolution + 4 * block + fine + norms
    assert flops == cells * (
        channels * 2 * K + 4 * (deconvolution + 4 * block + channels * K))
    as_it_runs = higher[1]['ours']['head']
    assert as_it_runs[0] == params
    # a norm takes two an output, and so does resizing, four
    others = cells * 4 * (9 * 2 * channels + 4 * 2 * K)
    assert as_it_runs[1] == flops - 3 * cells * deconvolution + others


def test_higher_hrnets_row(tool, higher):
    """Table 3, which has CrowdPose's keypoints; of COCO's, HigherHRNet's own
    paper says 47.9."""
    entry, = (
        x['Metadata'] for x in load(CONFIGS / 'metafile.yml')['Models']
        if x['Name'] == Path(higher[0]).stem)
    config, rows = higher
    for counted, gflops in ((rows, 47.864), (tool['count_rows'](
            tool['build_model'](config, {
                'model.head.num_keypoints': 14
            }), (128, 128), 1), 47.654)):
        params, flops = counted['authors']['whole']
        assert params == pytest.approx(entry['Parameters (paper)'], abs=0.05e6)
        assert flops * 16 == pytest.approx(gflops * 1e9, abs=500e3)
    assert flops * 16 == pytest.approx(entry['FLOPs (paper)'], abs=0.05e9)


def test_deformable_convolutions_count_as_others(tool):
    """MMEngine knows none."""
    deformable = DeformConv2d(6, 4, 3, padding=1, groups=2)
    inputs = torch.zeros(1, 6, 8, 10), torch.zeros(1, 18, 8, 10)
    params, flops = tool['count'](deformable, *inputs)
    assert params == 4 * 3 * 9
    assert flops == 4 * 3 * 9 * 80


def test_the_command_tells_of_another_head(start):
    done = start('higherhrnet_hrnet-w32_coco', '--shape', 64, 64)
    assert done.returncode == 0, done.stderr
    table = done.stdout.splitlines()[1:]
    assert all(len(line) < 80 for line in table)
    assert [line for line in table if 'head' in line
            ] == [f"{'':14}{'backbone':>12}{'head':>12}{'whole':>12}"] * 2


def test_a_neck_that_concatenates(tool, rows):
    """Is counted with the backbone, and the paper's way stays as it is."""
    model = tool['build_model'](
        str(TINY), {
            'model.neck': dict(type='FeatureMapProcessor', concat=True)
        })
    given = tool['count_rows'](model, (128, 96), CANDIDATES)
    assert given['ours']['backbone'] == rows['paper']['backbone']
    assert given['paper']['PPG'] == rows['paper']['PPG']
