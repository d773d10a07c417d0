"""Which people a file is about, told by its number of keypoints."""
from typing import List, Optional

from mmpose.datasets.datasets.utils import parse_pose_metainfo

from mmpose_pinet.codecs.skeletons import (SKELETONS, load_skeleton,
                                           read_dataset_info)


def skeleton_of(num_keypoints: int) -> str:
    """Find the skeleton of ``SKELETONS`` with so many keypoints.

    Args:
        num_keypoints (int): K.

    Returns:
        str: ``'coco'`` (17) or ``'crowdpose'`` (14).

    Raises:
        ValueError: If there is none.
    """
    counts = {load_skeleton(name).num_keypoints: name for name in SKELETONS}
    if num_keypoints not in counts:
        known = ', '.join(f'{name} has {k}' for k, name in counts.items())
        raise ValueError(
            f'no skeleton has {num_keypoints} keypoints ({known})')
    return counts[num_keypoints]


def metainfo_of(num_keypoints: int) -> dict:
    """Read what MMPose's datasets and checkpoints say about these people.

    Args:
        num_keypoints (int): K.

    Returns:
        dict: Names, flips, sigmas and colours of the K keypoints, as
        ``dataset.metainfo`` holds them.

    Raises:
        ValueError: If no skeleton has K keypoints.
    """
    return parse_pose_metainfo(read_dataset_info(skeleton_of(num_keypoints)))


def keypoint_names(num_keypoints: int,
                   dataset_meta: Optional[dict] = None) -> List[str]:
    """Name keypoints in words.

    Args:
        num_keypoints (int): K.
        dataset_meta (dict, optional): Of a checkpoint or a dataset. It may
            be about other people, or damaged, and has no say then.

    Returns:
        list[str]: K names, such as ``'left shoulder'``; of a skeleton that
        nobody names, ``'0'`` and so on.
    """
    names = dataset_meta
    if isinstance(names, dict):
        names = names.get('keypoint_id2name')
    if not (isinstance(names, dict)
            and set(names) == set(range(num_keypoints))
            and all(isinstance(name, str) for name in names.values())):
        try:
            names = metainfo_of(num_keypoints)['keypoint_id2name']
        except ValueError:
            names = {k: str(k) for k in range(num_keypoints)}
    return [names[k].replace('_', ' ') for k in range(num_keypoints)]
