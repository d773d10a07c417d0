"""Random weights under the names and in the shapes of the authors' release."""
import torch
import torch.nn as nn


def conv(name, *shape, std=0.1):
    return {
        f'{name}.weight': torch.randn(shape) * std,
        f'{name}.bias': torch.randn(shape[0])
    }


def batch_norm(name, channels):
    return {
        f'{name}.weight': torch.rand(channels) + 0.5,
        f'{name}.bias': torch.randn(channels),
        f'{name}.running_mean': torch.randn(channels),
        f'{name}.running_var': torch.rand(channels) + 0.5,
        f'{name}.num_batches_tracked': torch.tensor(7)
    }


def heads(K, S, C, num_layers, std=0.1):
    """PPG and PR of K keypoints, S parts and C channels."""
    torch.manual_seed(0)
    state = {
        **conv('ppg.heatmap_head', K, C, 1, 1, std=std),
        **conv('ppg.detkptmap_head', S, C, 1, 1, std=std),
        **conv('ppg.offset_head', S * K * 2, C, 1, 1, std=std), 'pr.adj':
        torch.randn(K, K) / K,
        **conv('pr.gconv_pred.0', C, 3 * C, 1, std=std),
        **batch_norm('pr.gconv_pred.1', C),
        **conv('pr.gconv_pred.3', 2 * K, C, 1, std=std)
    }
    blocks = [
        f'pr.gconv_layers.{i}.gconv{j}' for i in range(num_layers)
        for j in (1, 2)
    ]
    for name in ['pr.gconv_head', *blocks]:
        state.update(conv(f'{name}.conv', C, C, std=std))
        state.update(batch_norm(f'{name}.bn', C))
    return state


def whole(model):
    """The release's model that a PINet of ours describes, its backbone too.

    Its point maps are above 0, so that it finds somebody in any picture.
    """
    refinement = model.head.refinement
    K, S = model.head.num_keypoints, model.head.decoder.num_parts
    C = model.head.point_layer.in_features
    state = heads(K, S, C, len(refinement.blocks))
    for layer in ('heatmap_head', 'detkptmap_head'):
        state[f'ppg.{layer}.bias'].fill_(0.5)
    for module in model.backbone.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.normal_(std=0.1)
            module.running_var.uniform_(0.5, 2)
    backbone = model.backbone.state_dict()
    return {
        **{
            f'backbone.{name}': value.clone()
            for name, value in backbone.items()
        },
        **state
    }
