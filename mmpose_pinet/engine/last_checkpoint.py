"""The checkpoint that a training is resumed from."""
from logging import Logger
from pathlib import Path
from typing import Optional, Sequence

from mmpose_pinet.compat.checkpoints import load_checkpoint_file
from mmpose_pinet.system.whole_file import replaced_when_whole


def mend_last_checkpoint(pointer: Path, candidates: Sequence[Path],
                         logger: Logger) -> None:
    """Let ``last_checkpoint`` name a whole checkpoint, where there is one.

    It is empty where a training was killed while it wrote it, and names what
    is not there where the folder was moved. Each checkpoint is read to its
    end; where there is none at all, the training has to start afresh.

    Args:
        pointer (Path): The file that names the last checkpoint.
        candidates (list[Path]): Those that are there, the best one first.
        logger (Logger): Told what is taken instead.

    Raises:
        ValueError: If none of them is whole: with the reason for each, and
            what to do.
    """
    named = pointer.read_text(
        errors='replace').strip() if pointer.exists() else ''
    if '://' in named:  # on another backend
        return
    reasons = [f'{pointer} is empty or not there']
    if named:
        reasons = [_fault(Path(named))]
        if reasons == [None]:
            return
    for checkpoint in candidates:
        fault = _fault(checkpoint)
        if fault is None:
            with replaced_when_whole(pointer) as unfinished:
                unfinished.write_text(str(checkpoint))
            logger.warning(
                f'Resuming from {checkpoint}, the newest whole checkpoint: '
                f'{"; ".join(reasons)}')
            return
        reasons.append(fault)
    if named or candidates:
        raise ValueError('\n- '.join([
            f'{pointer.parent} has no whole checkpoint to resume from: name '
            'another one by --resume FILE, or start afresh without --resume:',
            *reasons
        ]))


def _fault(checkpoint: Path) -> Optional[str]:
    """What is wrong with a checkpoint, if anything is."""
    try:
        load_checkpoint_file(checkpoint)
    except (OSError, ValueError) as error:
        return str(error)
    return None
