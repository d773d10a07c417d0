"""Mistakes of a COCO keypoint file."""
import json
from collections import Counter
from typing import Dict, Iterator, List, NamedTuple, Optional, Set

from mmpose_pinet.datasets.checks import entry_flaw

from .findings import Findings
from .joints import names_at_odds
from .persons import PersonCheck, Use

_NEEDED = dict(
    images=dict(id=int, file_name=str),
    annotations=dict(id=int, image_id=int, category_id=int),
    categories=dict(id=int))
_TWICE = dict(
    images='image_id', annotations='annotation_id', categories='entry')


class AnnotationFile(NamedTuple):
    """What can be used of a file.

    Attributes:
        images (list[dict]): Its entries that have what they need.
        num_labelled (dict[int, int]): Labelled keypoints of each image's
            persons, for images with any.
        num_persons (int): Persons with labelled keypoints.
    """
    images: List[dict]
    num_labelled: Dict[int, int]
    num_persons: int


def read_json(path: str, place: str, findings: Findings) -> Optional[dict]:
    """Read an annotation file, or note why it cannot be read.

    Args:
        path (str): The file.
        place (str): The loops that it is for.
        findings (Findings): Added to.

    Returns:
        dict | None: Its content.
    """
    try:
        with open(path, encoding='utf-8') as file:
            content = json.load(file)
    except FileNotFoundError:
        reason = 'there is no such file'
    except OSError as error:
        reason = f'{error.strerror}'
    except ValueError as error:  # JSON's, with line and column, or UTF-8's
        reason = f'no JSON: {error}'
    else:
        if isinstance(content, dict):
            return content
        reason = f'it holds a {type(content).__name__}, not an object'
    findings.add('ann_file', place, f'{path}: {reason}')
    return None


def check_annotations(content: dict, use: Use,
                      findings: Findings) -> AnnotationFile:
    """Look for mistakes in the content of an annotation file.

    Args:
        content (dict): ``images``, ``annotations`` and ``categories``.
        use (Use): What it is for.
        findings (Findings): Added to.
    """
    check_person = PersonCheck(use, findings)
    images = _images(content, use, findings)
    categories = _categories(content, use, findings)
    num_labelled: Counter = Counter()
    num_of: Counter = Counter()  # persons of each category
    num_persons = 0
    for entry in _entries(content, 'annotations', use, findings):
        name = f'annotation {entry["id"]}'
        if entry['image_id'] not in images:
            findings.add('unknown_image', use.place,
                         f'{name} of image {entry["image_id"]}')
            continue
        image = images[entry['image_id']]
        if image is None:  # noted already
            continue
        name = f'{image["file_name"]} {name}'
        if entry['category_id'] not in categories:
            findings.add('unknown_category', use.place,
                         f'{name}: {entry["category_id"]}')
        labelled = check_person(name, entry, image)
        if labelled:
            num_persons += 1
            num_of[entry['category_id']] += entry['category_id'] in categories
            num_labelled[image['id']] += labelled
    for category, number in list((+num_of).items())[1:]:
        findings.add('categories', use.place,
                     f'{number} of category {category}')
    sound = [image for image in images.values() if image is not None]
    return AnnotationFile(sound, num_labelled, num_persons)


def _entries(content: dict, key: str, use: Use,
             findings: Findings) -> Iterator[dict]:
    """The entries of a list, less those that cannot be looked into."""
    entries = content.get(key, [])
    if not isinstance(entries, list):
        findings.add('entry', use.place, f'{key} is no list')
        return
    seen = set()
    for index, entry in enumerate(entries):
        flaw = entry_flaw(entry, _NEEDED[key])
        if flaw:
            findings.add('entry', use.place, f'{key}[{index}] {flaw}')
            continue
        if entry['id'] in seen:
            findings.add(_TWICE[key], use.place, str(entry['id']))
        seen.add(entry['id'])
        yield entry


def _images(content: dict, use: Use,
            findings: Findings) -> Dict[int, Optional[dict]]:
    """Entries by id, None where the size is none."""
    images: Dict[int, Optional[dict]] = {}
    files: Counter = Counter()
    for image in _entries(content, 'images', use, findings):
        files[image['file_name']] += image['id'] not in images
        size = [image.get('width'), image.get('height')]
        if all(type(side) is int and side > 0 for side in size):
            images[image['id']] = image
        else:
            images[image['id']] = None
            findings.add('entry', use.place,
                         f'{image["file_name"]} has size {size!r:.40}')
    for file_name, count in files.items():
        if count > 1:
            findings.add('file_twice', use.place, file_name)
    return images


def _categories(content: dict, use: Use, findings: Findings) -> Set[int]:
    """The ids of the categories; their joints are compared."""
    ids = set()
    for category in _entries(content, 'categories', use, findings):
        ids.add(category['id'])
        names = category.get('keypoints') or use.joints
        odds = names_at_odds(names, use.joints) if isinstance(
            names, list) else f'{names!r:.20} is no list of names'
        if odds:
            findings.add(
                'joint_names', use.place,
                "the annotation file's category and the dataset's metainfo: "
                f'{odds}')
    if use.is_judged_by and 1 not in ids:
        findings.add('entry', use.place,
                     'no category has id 1, that of all persons found')
    return ids
