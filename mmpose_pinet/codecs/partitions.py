"""What a body consists of: its partitions into parts.

A new dataset is a new entry of the table, not a new branch. All indices are
the dataset's keypoint indices.

``'part-large'`` is the partition of the authors' release. The paper gives
``'part-small'`` and ``'keypoint'`` (Fig. 3) only as drawings and, for the
latter, a count of 13; the tables here are our choice.
"""
from typing import Dict, List, Optional, Sequence, Union

from .skeletons import Skeleton, no_keypoint

Parts = List[List[int]]

PARTITIONS: Dict[str, Dict[str, Parts]] = {
    'coco': {
        'center': [list(range(17))],
        'head': [[0, 1, 2, 3, 4]],
        # upper, middle and bottom
        'part-large': [[0, 1, 2, 3, 4], [5, 6, 11, 12],
                       [11, 12, 13, 14, 15, 16]],
        # head, torso, left and right arm, left and right leg
        'part-small': [[0, 1, 2, 3, 4], [5, 6, 11, 12], [5, 7, 9], [6, 8, 10],
                       [11, 13, 15], [12, 14, 16]],
        # the head and every joint below it
        'keypoint': [[0, 1, 2, 3, 4]] + [[k] for k in range(5, 17)],
    },
    'crowdpose': {
        'center': [list(range(14))],
        'head': [[12, 13]],
        'part-large': [[12, 13], [0, 1, 6, 7], [6, 7, 8, 9, 10, 11]],
        'part-small': [[12, 13], [0, 1, 6, 7], [0, 2, 4], [1, 3, 5],
                       [6, 8, 10], [7, 9, 11]],
        'keypoint': [[12, 13]] + [[k] for k in range(12)],
    },
}


def get_parts(parts: Union[str, Sequence[Sequence[Union[int, str]]]],
              skeleton: Optional[Skeleton] = None) -> Parts:
    """Look parts up by name, or take them as given.

    Args:
        parts (str | list[list[int | str]]): A name of ``PARTITIONS``, or the
            keypoints of each part, by index or by name.
        skeleton (Skeleton, optional): Where names are looked up.

    Returns:
        list[list[int]]: The keypoint indices of the S parts.

    Raises:
        ValueError: If a name is unknown, or an entry is not a non-empty list
            of different keypoints.
    """
    if isinstance(parts, str):
        name = skeleton and skeleton.name
        if name not in PARTITIONS:
            raise ValueError(
                f'parts={parts!r} is a name, but only skeletons of '
                f'{sorted(PARTITIONS)} have partitions with names, '
                f'skeleton={name!r} has none: list the names of the keypoints '
                'of each part')
        if parts not in PARTITIONS[name]:
            raise ValueError(
                f'parts={parts!r} is no partition of skeleton={name!r}; '
                f'choose one of {list(PARTITIONS[name])}, or give a list of '
                'lists of keypoints')
        return [list(part) for part in PARTITIONS[name][parts]]

    parts = [list(part) for part in parts]
    if not parts:
        raise ValueError('parts=[] is empty: give at least one part')
    if any(isinstance(k, str) for part in parts for k in part):
        parts = _look_up_keypoints(parts, skeleton)
    for i, part in enumerate(parts):
        valid = all(isinstance(k, int) and k >= 0 for k in part)
        if not part or not valid or len(set(part)) < len(part):
            raise ValueError(
                f'parts[{i}]={part} must be a non-empty list of different '
                'keypoints, by name or by index from 0')
    return parts


def _look_up_keypoints(parts: Sequence[Sequence[Union[int, str]]],
                       skeleton: Optional[Skeleton]) -> Parts:
    """Replace names by indices, and tell all that are unknown at once."""
    if skeleton is None:
        raise ValueError(
            f'parts={parts} names keypoints, but there is no skeleton that '
            "lists them: set it to a metainfo file, 'coco' or 'crowdpose'")
    names = skeleton.names
    unknown = [
        f'{k!r} in parts[{i}] {no_keypoint(k, names)}'
        for i, part in enumerate(parts) for k in part
        if isinstance(k, str) and k not in names
    ]
    if unknown:
        raise ValueError('\n- '.join(
            [f'parts do not fit skeleton={skeleton.name!r}:', *unknown]))
    return [[names.index(k) if isinstance(k, str) else k for k in part]
            for part in parts]


def check_parts(parts: Parts,
                num_keypoints: Optional[int],
                skeleton: Optional[Skeleton] = None) -> None:
    """Check that parts are of K keypoints.

    Args:
        parts (list[list[int]]): Keypoint indices of the S parts.
        num_keypoints (int, optional): K, if anybody knows.
        skeleton (Skeleton, optional): That the parts are of.

    Raises:
        ValueError: If nobody knows K, a part names a keypoint that is not
            there, or the skeleton has not K keypoints.
    """
    if num_keypoints is None:
        raise ValueError(
            'PartSPR has no skeleton that tells the number of keypoints: set '
            "skeleton to 'coco', 'crowdpose' or a metainfo file, or set "
            'num_keypoints of the head')
    if skeleton is not None and skeleton.num_keypoints != num_keypoints:
        raise ValueError(f'skeleton={skeleton.name!r} of PartSPR has '
                         f'{skeleton.num_keypoints} keypoints, but '
                         f'num_keypoints={num_keypoints}')
    for i, part in enumerate(parts):
        if max(part) >= num_keypoints:
            raise ValueError(
                f'parts[{i}]={part} names keypoint {max(part)}, but '
                f'num_keypoints={num_keypoints}: they are 0 to '
                f'{num_keypoints - 1}')


def mirror_parts(parts: Parts, joint_flip: Sequence[int]) -> List[int]:
    """Tell which part each part becomes in a mirrored image.

    Args:
        parts (list[list[int]]): Keypoint indices of the S parts.
        joint_flip (list[int]): The keypoint that each of the K keypoints
            becomes, ``flip_indices`` of the dataset's meta.

    Returns:
        list[int]: S part indices.

    Raises:
        ValueError: If a part's mirror image is no part.
    """
    members = [set(part) for part in parts]
    flipped = []
    for i, part in enumerate(parts):
        mirrored = {joint_flip[k] for k in part}
        if mirrored not in members:
            raise ValueError(
                f'flip_test needs parts that come in mirrored pairs, but '
                f'parts[{i}]={part} becomes {sorted(mirrored)}, which is no '
                'part: add it, or set test_cfg.flip_test=False')
        flipped.append(members.index(mirrored))
    return flipped
