"""What a body is: its joints by name, their links, sigmas and mirror pairs.

A body is told by MMPose's own metainfo file, the one that a dataset's
``metainfo=dict(from_file=...)`` names. Only the links of ``SKELETONS`` are
ours: those of the authors' release, which draws fewer than MMPose.
"""
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Dict, List, Sequence, Tuple, Union

from mmengine.config import Config
from mmengine.utils import get_installed_path
from mmpose.datasets.datasets.utils import parse_pose_metainfo

Links = List[Tuple[int, int]]

SKELETONS: Dict[str, Links] = {
    'coco': [(0, 1), (0, 2), (1, 2), (1, 3), (2, 4), (5, 6), (5, 11), (6, 12),
             (11, 12), (5, 7), (7, 9), (6, 8), (8, 10), (11, 13), (13, 15),
             (12, 14), (14, 16)],
    'crowdpose': [(12, 13), (13, 0), (13, 1), (0, 1), (0, 6), (1, 7), (6, 7),
                  (0, 2), (2, 4), (1, 3), (3, 5), (6, 8), (8, 10), (7, 9),
                  (9, 11)],
}


@dataclass(frozen=True)
class Skeleton:
    """The K keypoints of a dataset's bodies.

    Attributes:
        name (str): ``'coco'``, ``'crowdpose'`` or the metainfo file.
        names (list[str]): K names, such as ``'left_shoulder'``.
        links (list[tuple[int, int]]): Pairs of linked keypoints.
        sigmas (list[float]): K falloff constants of OKS.
        flip_indices (list[int]): The keypoint that each of the K keypoints
            becomes in a mirrored image.
    """
    name: str
    names: List[str]
    links: Links
    sigmas: List[float]
    flip_indices: List[int]

    @property
    def num_keypoints(self) -> int:
        """K."""
        return len(self.names)


def load_skeleton(skeleton: str) -> Skeleton:
    """Load a body by name or from its metainfo file.

    Args:
        skeleton (str): ``'coco'``, ``'crowdpose'`` or the path of a metainfo
            file, see :func:`read_dataset_info`.

    Raises:
        ValueError: If there is no such body, or its file is wrong.
    """
    info = read_dataset_info(skeleton)
    meta = parse_pose_metainfo(info)
    return Skeleton(
        name=skeleton,
        names=list(meta['keypoint_name2id']),
        links=SKELETONS.get(skeleton, meta['skeleton_links']),
        sigmas=list(info['sigmas']),
        flip_indices=meta['flip_indices'])


def read_dataset_info(skeleton: str) -> dict:
    """Read and check the ``dataset_info`` of a metainfo file.

    MMPose reads these files as well, but takes some mistakes for granted and
    ends in a bare ``AssertionError`` or ``KeyError`` at others.

    Args:
        skeleton (str): A name of ``SKELETONS``, for MMPose's own file, or a
            path. As in MMPose, a path that is no file from the working
            directory on may be one of MMPose's, such as
            ``'configs/_base_/datasets/ap10k.py'``.

    Returns:
        dict: What ``parse_pose_metainfo`` takes.

    Raises:
        ValueError: If there is no such file, or with all its mistakes.
    """
    path = Path(skeleton)
    if skeleton in SKELETONS:
        path = Path(f'configs/_base_/datasets/{skeleton}.py')
    if skeleton in SKELETONS or not path.is_file():
        path = Path(get_installed_path('mmpose'), '.mim', path)
    if not path.is_file():
        raise ValueError(
            f'skeleton={skeleton!r} is neither one of {sorted(SKELETONS)} nor '
            f'a metainfo file: there is no {Path(skeleton).absolute()}')
    info = Config.fromfile(path).get('dataset_info')
    if not isinstance(info, dict):
        raise ValueError(f'skeleton={skeleton!r} is no metainfo file: it has '
                         'no dataset_info=dict(...)')
    mistakes = find_mistakes(info)
    if mistakes:
        raise ValueError('\n- '.join(
            [f'skeleton={skeleton!r} has mistakes in dataset_info:'] +
            mistakes))
    return info


def find_mistakes(info: dict) -> List[str]:
    """List what is wrong with a ``dataset_info``, a sentence each."""
    keys = 'keypoint_info', 'skeleton_info', 'joint_weights', 'sigmas'
    missing = [key for key in ('dataset_name', *keys) if key not in info]
    if missing:
        return [f'it lacks {", ".join(missing)}']
    joints, bones, *numbers = (info[key] for key in keys)
    for key, types in zip(keys, [(dict, )] * 2 + [(list, tuple)] * 2):
        if not isinstance(info[key], types):
            return [f'{key} must be a {types[0].__name__}, not {info[key]!r}']
    swaps = {joint.get('name'): joint.get('swap') for joint in joints.values()}

    mistakes = []
    if list(joints) != list(range(len(joints))):
        mistakes.append('keypoint_info must count keypoints as 0, 1, 2, ... '
                        f'in this order, not {list(joints)}')
    if len(swaps) < len(joints) or not all(swaps):
        names = [joint.get('name') for joint in joints.values()]
        # what follows goes by the names
        return mistakes + [
            f'each of keypoint_info needs a name of its own, not {names}'
        ]
    for name, other in swaps.items():
        if other and other not in swaps:
            mistakes.append(
                f'swap={other!r} of {name!r} {no_keypoint(other, swaps)}')
        elif other and (swaps[other] or other) != name:
            mistakes.append(f'{name!r} swaps with {other!r}, which swaps with '
                            f'{swaps[other] or other!r}')
    for id_, bone in bones.items():
        link = bone.get('link', ())
        if len(link) != 2:
            mistakes.append(f'skeleton_info[{id_}] needs a link of two names, '
                            f'not {link}')
        for name in link:
            if name not in swaps:
                mistakes.append(f'{name!r} in skeleton_info[{id_}].link '
                                f'{no_keypoint(name, swaps)}')
    for key, values in zip(('joint_weights', 'sigmas'), numbers):
        if len(values) != len(joints):
            mistakes.append(f'{key} has {len(values)} values for '
                            f'{len(joints)} keypoints')
    if not all(sigma > 0 for sigma in info['sigmas']):
        mistakes.append(f'sigmas must be positive, not {info["sigmas"]}')
    return mistakes


def no_keypoint(name: str, names: Sequence[str]) -> str:
    """Say that a name is no keypoint's, and which ones are."""
    names = list(names)
    close = get_close_matches(str(name), names)
    if close:
        return f'is no keypoint: did you mean {" or ".join(map(repr, close))}?'
    return f'is no keypoint: choose of {names}'


def get_links(skeleton: Union[str, Sequence[Sequence[int]]],
              num_keypoints: int) -> Links:
    """Look a skeleton's links up, or take them as given.

    Args:
        skeleton (str | list[tuple[int, int]]): As of :func:`load_skeleton`,
            or pairs of keypoint indices.
        num_keypoints (int): K, which the skeleton has to fit.

    Returns:
        list[tuple[int, int]]: Pairs of linked keypoints.

    Raises:
        ValueError: If the skeleton is unknown or not of K keypoints, or a
            link leaves 0..K-1.
    """
    if isinstance(skeleton, str):
        skeleton = load_skeleton(skeleton)
        if skeleton.num_keypoints != num_keypoints:
            raise ValueError(
                f'skeleton={skeleton.name!r} has {skeleton.num_keypoints} '
                f'keypoints, but num_keypoints={num_keypoints}')
        return list(skeleton.links)
    links = [tuple(link) for link in skeleton]
    for link in links:
        if len(link) != 2 or not all(0 <= k < num_keypoints for k in link):
            raise ValueError(
                f'skeleton link {link} must be a pair of keypoint indices '
                f'between 0 and {num_keypoints - 1}')
    return links
