"""What a body consists of: named partitions into parts, and its bones.

Tables alone. A new dataset is a new entry, not a new branch. All indices are
the dataset's keypoint indices.

``'part-large'`` is the partition of the authors' release. The paper gives
``'part-small'`` and ``'keypoint'`` (Fig. 3) only as drawings and, for the
latter, a count of 13; the tables here are our choice.
"""
from typing import Dict, List, Optional, Sequence, Tuple, Union

Parts = List[List[int]]
Links = List[Tuple[int, int]]

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

SKELETONS: Dict[str, Links] = {
    'coco': [(0, 1), (0, 2), (1, 2), (1, 3), (2, 4), (5, 6), (5, 11), (6, 12),
             (11, 12), (5, 7), (7, 9), (6, 8), (8, 10), (11, 13), (13, 15),
             (12, 14), (14, 16)],
    'crowdpose': [(12, 13), (13, 0), (13, 1), (0, 1), (0, 6), (1, 7), (6, 7),
                  (0, 2), (2, 4), (1, 3), (3, 5), (6, 8), (8, 10), (7, 9),
                  (9, 11)],
}


def get_parts(parts: Union[str, Sequence[Sequence[int]]],
              skeleton: str = 'coco') -> Parts:
    """Look parts up by name, or take them as given.

    Args:
        parts (str | list[list[int]]): A name of ``PARTITIONS[skeleton]``, or
            the keypoint indices of each part.
        skeleton (str): ``'coco'`` or ``'crowdpose'``. Read only when
            ``parts`` is a name.

    Returns:
        list[list[int]]: The keypoint indices of the S parts.

    Raises:
        ValueError: If a name is unknown, or an entry is not a non-empty list
            of different indices from 0.
    """
    if isinstance(parts, str):
        if skeleton not in PARTITIONS:
            raise ValueError(f'skeleton={skeleton!r} is unknown; choose one '
                             f'of {sorted(PARTITIONS)}')
        if parts not in PARTITIONS[skeleton]:
            raise ValueError(
                f'parts={parts!r} is no partition of skeleton={skeleton!r}; '
                f'choose one of {list(PARTITIONS[skeleton])}, or give a list '
                'of lists of keypoint indices')
        return [list(part) for part in PARTITIONS[skeleton][parts]]

    parts = [list(part) for part in parts]
    if not parts:
        raise ValueError('parts=[] is empty: give at least one part')
    for i, part in enumerate(parts):
        valid = all(isinstance(k, int) and k >= 0 for k in part)
        if not part or not valid or len(set(part)) < len(part):
            raise ValueError(
                f'parts[{i}]={part} must be a non-empty list of different '
                'keypoint indices, counted from 0')
    return parts


def check_parts(parts: Parts,
                num_keypoints: int,
                partition: Optional[Tuple[str, str]] = None) -> None:
    """Check that parts are of K keypoints.

    Args:
        parts (list[list[int]]): Keypoint indices of the S parts.
        num_keypoints (int): K.
        partition (tuple[str, str], optional): The name that the parts have,
            and its skeleton.

    Raises:
        ValueError: If a part names a joint that is not there, or the skeleton
            has not K keypoints.
    """
    for i, part in enumerate(parts):
        if max(part) >= num_keypoints:
            raise ValueError(
                f'parts[{i}]={part} names keypoint {max(part)}, but '
                f'num_keypoints={num_keypoints}: they are 0 to '
                f'{num_keypoints - 1}')
    if partition is not None:
        name, skeleton = partition
        if num_joints(skeleton) != num_keypoints:
            raise ValueError(
                f'parts={name!r} of skeleton={skeleton!r} belongs to '
                f'{num_joints(skeleton)} keypoints, but '
                f'num_keypoints={num_keypoints}')


def num_joints(skeleton: str) -> int:
    """Count the keypoints of a skeleton of ``SKELETONS``."""
    return 1 + max(max(link) for link in SKELETONS[skeleton])


def get_links(skeleton: Union[str, Sequence[Sequence[int]]],
              num_keypoints: int) -> Links:
    """Look a skeleton's links up by name, or take them as given.

    Args:
        skeleton (str | list[tuple[int, int]]): ``'coco'``, ``'crowdpose'`` or
            pairs of keypoint indices.
        num_keypoints (int): K, which the skeleton has to fit.

    Returns:
        list[tuple[int, int]]: Pairs of linked keypoints.

    Raises:
        ValueError: If the name is unknown or a link leaves 0..K-1.
    """
    if isinstance(skeleton, str):
        if skeleton not in SKELETONS:
            raise ValueError(
                f'skeleton={skeleton!r} is unknown; choose one of '
                f'{sorted(SKELETONS)} or give a list of joint pairs')
        links = SKELETONS[skeleton]
        if num_joints(skeleton) != num_keypoints:
            raise ValueError(
                f'skeleton={skeleton!r} has {num_joints(skeleton)} keypoints, '
                f'but num_keypoints={num_keypoints}')
    else:
        links = [tuple(link) for link in skeleton]
    for link in links:
        if len(link) != 2 or not all(0 <= k < num_keypoints for k in link):
            raise ValueError(
                f'skeleton link {tuple(link)} must be a pair of keypoint '
                f'indices between 0 and {num_keypoints - 1}')
    return list(links)


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
