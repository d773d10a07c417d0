"""Loads weights that must fit their model."""
from pathlib import Path
from typing import Optional, Union

import torch.nn as nn

from mmpose_pinet.compat.checkpoints import load_checkpoint_file
from mmpose_pinet.wording import list_first


def load_weights(model: nn.Module, file: Union[str, Path]) -> Optional[dict]:
    """Load a model's weights, all of them and nothing else.

    Args:
        model (nn.Module): A pose estimator.
        file (str | Path): A checkpoint. Nothing in it is run; one of the
            authors' release is converted in memory.

    Returns:
        dict | None: The metainfo of the keypoints that it was trained on, if
        the checkpoint tells.

    Raises:
        OSError: If there is no such file.
        ValueError: If it is no checkpoint, lacks weights, or has others or
            ones of other shape than the model.
    """
    checkpoint = load_checkpoint_file(file)
    try:
        keys = model.load_state_dict(
            checkpoint.get('state_dict', checkpoint), strict=False)
    except RuntimeError as error:  # PyTorch's: a headline, then a line a name
        faults = list_first(
            [line.strip() for line in str(error).splitlines()[1:]])
    except ValueError as error:  # a release that is another model's
        raise ValueError(f'{file}: {error}') from error
    else:
        faults = '; '.join(what + list_first(names)
                           for what, names in (('the file lacks ',
                                                keys.missing_keys),
                                               ('the model lacks ',
                                                keys.unexpected_keys))
                           if names)
    if faults:
        raise ValueError(f'{file} does not fit the model: {faults}')
    return checkpoint.get('meta', {}).get('dataset_meta')
