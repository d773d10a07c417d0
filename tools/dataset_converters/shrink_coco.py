"""Makes a small set of photographs of COCO: chosen ones, 256 x 256 px.

COCO of 2014 and of 2017 hold the same pictures under the same ids, split in
two ways, so that either will do.
"""
import argparse
import json
import os
import sys
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path
from typing import Dict, List, NamedTuple, Tuple

import numpy as np
from authors_files import write_whole
from PIL import Image
from tqdm import tqdm

from mmpose_pinet.command_line import output_folder, run_command
from mmpose_pinet.datasets.crowding import crowd_index

SIDE = 256  # px, of a picture made here
QUALITY = 75  # of its JPEG
# What a person fills of its box: what CocoMetric takes where no mask tells.
BOX_SHARE = 0.53
YEARS = (2017, 2014)
IDS = Path(__file__).parent / 'coco_256'


class Photograph(NamedTuple):
    """A picture of COCO.

    Attributes:
        path (Path): Its file.
        image (dict): Its entry in ``images``.
        persons (list[dict]): Those of its annotations that have labelled
            joints.
    """
    path: Path
    image: dict
    persons: List[dict]


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        'coco',
        type=Path,
        help='folder that holds annotations/person_keypoints_train2017.json, '
        'the same of val, train2017/ and val2017/; or all of these of 2014')
    parser.add_argument(
        'out',
        type=output_folder,
        help='folder to write to: SPLIT/*.jpg and annotations/SPLIT.json')
    parser.add_argument(
        '--ids',
        type=Path,
        default=IDS,
        help='folder of SPLIT.txt, which list ids of pictures (default: '
        f'{IDS}, 2,087 to train on and 450 to validate on)')
    return parser.parse_args()


def read_ids(folder: Path) -> Dict[str, List[int]]:
    """Read which pictures are wanted.

    Args:
        folder (Path): Holds a text file a split, with whitespace between
            the ids.

    Returns:
        dict[str, list[int]]: The ids of each split, in the file's order.

    Raises:
        ValueError: If there is no such file, or one is empty, has what is no
            number, or lists an id twice.
    """
    splits = {}
    for path in sorted(folder.glob('*.txt')):
        try:
            ids = [int(word) for word in path.read_text().split()]
        except ValueError as error:
            raise ValueError(f'{path} must list ids of pictures: {error}')
        if not ids or len(set(ids)) < len(ids):
            raise ValueError(f'{path} lists {len(ids)} ids, of which '
                             f'{len(set(ids))} differ: each once, please')
        splits[path.stem] = ids
    if not splits:
        raise ValueError(f'{folder} holds no list of ids: name one SPLIT.txt')
    return splits


def read_coco(coco: Path) -> Tuple[Dict[int, Photograph], List[dict]]:
    """Read COCO's keypoints, all files of a year as one.

    Args:
        coco (Path): COCO's folder.

    Returns:
        tuple[dict[int, Photograph], list[dict]]: Pictures by their ids, and
        the categories.

    Raises:
        ValueError: If there is no annotation file, or it is no JSON or lacks
            a part.
    """
    found = [(split, path) for year in YEARS
             for split in (f'train{year}', f'val{year}')
             for path in [coco / f'annotations/person_keypoints_{split}.json']
             if path.is_file()]
    if not found:
        raise ValueError(
            f'{coco} holds no annotations/person_keypoints_train2017.json, '
            'nor the like of val or 2014: name the folder above annotations/')
    photographs = {}
    for split, path in found:
        try:
            content = json.loads(path.read_text(encoding='utf-8'))
            persons = defaultdict(list)
            for annotation in content['annotations']:
                # crowd regions have none, nor have small persons
                if annotation['num_keypoints']:
                    persons[annotation['image_id']].append(annotation)
            for image in content['images']:
                file = coco / split / image['file_name']
                known = photographs.get(image['id'])
                if known is None or not known.path.is_file():
                    photographs[image['id']] = Photograph(
                        file, image, persons[image['id']])
            categories = content['categories']
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(
                f'{path} is no keypoint file of COCO: {error!r}') from error
    return photographs, categories


def choose(photographs: Dict[int, Photograph], ids: List[int],
           split: str) -> List[Photograph]:
    """Find the pictures of a split.

    Args:
        photographs (dict[int, Photograph]): All that there are.
        ids (list[int]): Those wanted.
        split (str): Its name.

    Returns:
        list[Photograph]: In the order of the ids.

    Raises:
        ValueError: If annotations or files are missing, or a picture shows
            nobody whose joints are labelled.
    """
    unknown = [i for i in ids if i not in photographs]
    chosen = [photographs[i] for i in ids if i in photographs]
    empty = [photo.image['id'] for photo in chosen if not photo.persons]
    absent = [photo.path for photo in chosen if not photo.path.is_file()]
    for missing, fault in ((unknown, 'not in the annotation files. Are both '
                            'of a year there, train and val?'),
                           (empty, 'of nobody with labelled joints:'),
                           (absent, 'not beside annotations/:')):
        if missing:
            raise ValueError(
                f'{len(missing)} of the {len(ids)} pictures of {split} are '
                f'{fault} {", ".join(map(str, missing[:3]))}')
    return chosen


def shrink_persons(photograph: Photograph) -> List[dict]:
    """Bring persons to the frame of the small picture.

    Args:
        photograph (Photograph): The picture, its persons in px of its own.

    Returns:
        list[dict]: Annotations in px of the small picture, to two decimals,
        without ids of their own.
    """
    image = photograph.image
    scale = np.array([SIDE / image['width'], SIDE / image['height']])
    annotations = []
    for person in photograph.persons:
        joints = np.reshape(person['keypoints'], (-1, 3)) * [*scale, 1]
        bbox = person['bbox'] * np.tile(scale, 2)
        annotations.append(
            dict(
                bbox=bbox.round(2).tolist(),
                keypoints=joints.round(2).ravel().tolist(),
                num_keypoints=person['num_keypoints'],
                area=round(float(BOX_SHARE * bbox[2] * bbox[3]), 2),
                iscrowd=0,
                category_id=person['category_id'],
                image_id=image['id']))
    return annotations


def shrink(photograph: Photograph) -> Tuple[bytes, dict, List[dict]]:
    """Make a small picture.

    Args:
        photograph (Photograph): The picture.

    Returns:
        tuple[bytes, dict, list[dict]]: A JPEG file, its entry in ``images``,
        and its persons.

    Raises:
        ValueError: If the picture cannot be read or is of another size than
            its entry says.
    """
    image = photograph.image
    try:
        with Image.open(photograph.path) as picture:
            size = picture.size
            small = picture.resize((SIDE, SIDE), Image.LANCZOS)
    except OSError as error:
        raise ValueError(f'{photograph.path} cannot be read: {error}')
    if size != (image['width'], image['height']):
        raise ValueError(
            f'{photograph.path} is of {size[0]} x {size[1]} px, but its '
            f'entry says {image["width"]} x {image["height"]}')
    file = BytesIO()
    small.save(file, 'JPEG', quality=QUALITY)
    persons = shrink_persons(photograph)
    index = crowd_index(
        np.reshape([person['keypoints'] for person in persons],
                   (len(persons), -1, 3)),
        np.array([person['bbox'] for person in persons]))
    entry = dict(
        id=image['id'],
        file_name=f'{image["id"]:012d}.jpg',
        width=SIDE,
        height=SIDE,
        crowdIndex=round(index, 4))
    return file.getvalue(), entry, persons


def write_split(photographs: List[Photograph], categories: List[dict],
                out: Path, split: str) -> str:
    """Write ``OUT/SPLIT/*.jpg`` and ``OUT/annotations/SPLIT.json``.

    The annotation file comes last: where it is, all of its pictures are.

    Args:
        photographs (list[Photograph]): What to make small.
        categories (list[dict]): COCO's.
        out (Path): Folder, made if missing.
        split (str): Name of the set.

    Returns:
        str: What was written, in a line.
    """
    ann_file = out / f'annotations/{split}.json'
    ann_file.unlink(missing_ok=True)
    images, annotations = [], []
    # Pillow lets go of Python's lock while it reads, resizes and encodes
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        made = pool.map(shrink, photographs)
        for content, image, persons in tqdm(
                made, total=len(photographs), desc=split, unit='image'):
            write_whole(out / split / image['file_name'], content)
            images.append(image)
            annotations += persons
    annotations = [
        dict(person, id=number)
        for number, person in enumerate(annotations, 1)
    ]
    write_whole(
        ann_file,
        json.dumps(
            dict(
                images=images, annotations=annotations,
                categories=categories)))
    return f'{ann_file}: {len(images)} images, {len(annotations)} persons'


def main() -> None:
    args = parse_args()
    ids = read_ids(args.ids)
    photographs, categories = read_coco(args.coco)
    chosen = {
        split: choose(photographs, wanted, split)
        for split, wanted in ids.items()
    }
    for split, wanted in chosen.items():
        print(write_split(wanted, categories, Path(args.out), split))


if __name__ == '__main__':
    sys.exit(run_command(main))
