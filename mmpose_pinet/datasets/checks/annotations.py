"""What MMPose's datasets cannot read, or would learn or judge wrongly."""
from collections import Counter
from typing import Any, Dict, List, NamedTuple, Optional

import numpy as np

from .numbers import check_numbers

_NEEDED = dict(
    images=dict(id=int, file_name=str),
    annotations=dict(id=int, image_id=int, category_id=int),
    categories=dict(id=int))
# a float32, which MMPose makes of all coordinates, is infinite beyond
_MOST = np.finfo(np.float32).max


class Flaw(NamedTuple):
    """What is wrong with a picture's entries.

    Attributes:
        image_id (int): The picture's.
        words (str): With its file and id, the annotation's id and what it is.
    """
    image_id: int
    words: str


def check_file(content: Any) -> None:
    """Check that an annotation file can be looked into.

    Args:
        content (dict): ``images``, and ``annotations`` and ``categories`` if
            there are any, as the JSON file holds them.

    Raises:
        ValueError: If entries lack ids, or an id stands twice; with the first
            such entry.
    """
    if not isinstance(content, dict):
        raise ValueError(f'it holds a {type(content).__name__}, not an object')
    for key, needed in _NEEDED.items():
        entries = content.get(key, None if key == 'images' else [])
        if not isinstance(entries, list):
            raise ValueError(f'{key} is no list')
        for index, entry in enumerate(entries):
            flaw = entry_flaw(entry, needed)
            if flaw:
                raise ValueError(f'{key}[{index}] {flaw}')
        twice = _twice(entry['id'] for entry in entries)
        if twice:
            name = ''
            if key == 'images':
                name = next(f' ({entry["file_name"]})' for entry in entries
                            if entry['id'] == twice[0])
            raise ValueError(f'{key} have ids that stand twice, '
                             f'{twice[0]}{name} for one')


def entry_flaw(entry: Any, needed: Dict[str, type]) -> Optional[str]:
    """Tell what an entry of a file lacks.

    Args:
        entry: Of a list of the file.
        needed (dict[str, type]): Keys and the types of their values.

    Returns:
        str | None: What is wrong, if anything is.
    """
    if not isinstance(entry, dict):
        return f'is {entry!r:.20}'
    id_ = entry.get('id')
    name = f'(id {id_}) ' if type(id_) is int else ''
    lacking = [key for key in needed if key not in entry]
    if lacking:
        return f'{name}lacks {", ".join(lacking)}'
    for key, kind in needed.items():
        if type(entry[key]) is not kind or entry[key] == '':
            return f'{name}has {key} {entry[key]!r:.20}'
    return None


def find_flaws(content: dict, num_keypoints: int) -> List[Flaw]:
    """Find pictures whose size or persons cannot be used.

    Annotations without a box or keypoints are no persons, as in COCO's files
    of other things; a keypoint that is not labelled may stand anywhere, also
    at NaN.

    Args:
        content (dict): That :func:`check_file` lets through.
        num_keypoints (int): K.

    Returns:
        list[Flaw]: One for each picture or annotation at fault.
    """
    flaws = []
    names = {}
    for image in content['images']:
        name = f'{image["file_name"]}, image {image["id"]}'
        names[image['id']] = name
        size = [image.get('width'), image.get('height')]
        if not all(type(side) is int and side > 0 for side in size):
            flaws.append(
                Flaw(image['id'],
                     f'{name}: width and height are {size!r:.40}'))
    categories = content.get('categories')
    known = None if categories is None else {c['id'] for c in categories}
    for annotation in content.get('annotations', []):
        name = names.get(annotation['image_id'])
        if name is None or 'bbox' not in annotation or \
                'keypoints' not in annotation:
            continue
        flaw = _person_flaw(annotation, num_keypoints)
        if known is not None and annotation['category_id'] not in known:
            flaw = (f'category_id is {annotation["category_id"]}, which is '
                    'none of the categories')
        if flaw:
            flaws.append(
                Flaw(annotation['image_id'],
                     f'{name}, annotation {annotation["id"]}: {flaw}'))
    return flaws


def of_unknown_images(content: dict) -> List[int]:
    """The ids of annotations whose image is not listed."""
    known = {image['id'] for image in content['images']}
    return [
        annotation['id'] for annotation in content.get('annotations', [])
        if annotation['image_id'] not in known
    ]


def person_categories(content: dict) -> Dict[int, int]:
    """How many persons, annotations with keypoints, each category has."""
    return Counter(annotation['category_id']
                   for annotation in content.get('annotations', [])
                   if annotation.get('keypoints'))


def _person_flaw(annotation: dict, num_keypoints: int) -> Optional[str]:
    key = 'bbox'
    try:
        box = check_numbers(annotation[key], 4)
        if (box[2:] < 0).any():
            raise ValueError(f'has the size {box[2:].tolist()}')
        key = 'keypoints'
        check_keypoints(annotation[key], num_keypoints)
        if 'area' in annotation:
            key = 'area'
            if check_numbers([annotation[key]])[0] < 0:
                raise ValueError(f'is {annotation[key]}')
    except ValueError as error:
        return f'{key} {error}'
    told = annotation.get('num_keypoints', 0)
    if type(told) is not int or told < 0:
        return f'num_keypoints is {told!r:.20}'
    return None


def check_keypoints(values: Any, num_keypoints: int) -> np.ndarray:
    """Read keypoints as a JSON file holds them.

    Args:
        values (list): x, y in image px and visibility, K times.
        num_keypoints (int): K.

    Returns:
        np.ndarray: (K, 3) float64. Where a visibility is 0, x and y may be
        NaN.

    Raises:
        ValueError: With what is wrong.
    """
    keypoints = check_numbers(
        values, 3 * num_keypoints, finite=False).reshape(-1, 3)
    wrong = ~(np.abs(keypoints) < _MOST)  # NaN too
    if wrong.any():
        wrong[:, :2] &= (keypoints[:, 2] != 0)[:, None]
    if wrong.any():
        joint = int(np.flatnonzero(wrong.any(-1))[0])
        raise ValueError(f'has a number that is not finite, of keypoint '
                         f'{joint}: {keypoints[joint].tolist()}')
    return keypoints


def _twice(ids) -> List[int]:
    return [id_ for id_, count in Counter(ids).items() if count > 1]
