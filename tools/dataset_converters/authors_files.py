"""Turns annotation files of a data set's authors into what configs name.

``prepare_ochuman.py`` and ``prepare_crowdpose.py`` are its command lines.
"""
import argparse
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Dict, List, NamedTuple, Optional, Union

from tqdm import tqdm

from mmpose_pinet.command_line import output_folder
from mmpose_pinet.datasets.checks import (PictureError, read_header,
                                          read_pictures)


class Prepared(NamedTuple):
    """A file to make.

    Attributes:
        name (str): Its name in ``annotations/``.
        sources (list[str]): Names of the authors' files that go into it.
        num_images (int): How many images the authors say it has.
        num_persons (int, optional): How many persons, where they say so.
    """
    name: str
    sources: List[str]
    num_images: int
    num_persons: Optional[int] = None


def main(description: str, example: str, out: str,
         files: List[Prepared]) -> int:
    """Run a command line.

    Args:
        description (str): What it does.
        example (str): A call.
        out (str): Where it writes to unless told otherwise.
        files (list[Prepared]): What it makes.

    Returns:
        int: 0, or 1 if counts are unlike the published ones.

    Raises:
        OSError, ValueError: As of :func:`prepare`, and nothing is written.
    """
    parser = argparse.ArgumentParser(
        description=description,
        epilog=f'example:\n  {example}',
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        'folder', type=Path, help="where the authors' files are unpacked")
    parser.add_argument(
        '--out',
        type=output_folder,
        default=out,
        help=f'folder to write to (default: {out})')
    args = parser.parse_args()
    odds = prepare(args.folder, Path(args.out), files)
    for line in odds:
        print(f'note: {line}', file=sys.stderr)
    return int(bool(odds))


def prepare(folder: Path, out: Path, files: List[Prepared]) -> List[str]:
    """Make a data set's annotation files, and link its images.

    All are made before the first is written, and each is written whole or
    not at all. What is there already and as it should be is left alone; the
    authors' files are never written to.

    Args:
        folder (Path): Holds the authors' files, at any depth.
        out (Path): Gets ``annotations/`` and ``images``.
        files (list[Prepared]): What to make.

    Returns:
        list[str]: Where counts are unlike the published ones.

    Raises:
        ValueError: If a file is missing or no JSON, or a picture is missing
            or of another size than its entry says.
    """
    names = sorted({name for file in files for name in file.sources})
    sources = {name: _find(folder, name) for name in names}
    contents = {name: _read(path) for name, path in sources.items()}
    first = contents[names[0]]['images'][0]['file_name']
    images = _find(folder, f'images/{first}').parent
    for name, content in contents.items():
        mended = mend_sizes(content['images'], images, name)
        if mended:
            print(f'{name}: width and height were swapped in {mended} of '
                  f'{len(content["images"])} entries, and are mended')

    texts, odds = {}, []
    for file in files:
        content = merge([contents[name] for name in file.sources])
        texts[out / 'annotations' / file.name] = json.dumps(content)
        odds += _odd_counts(file, content)
    link_images(images, out / 'images')
    for path, text in texts.items():
        # by contents: the authors' may be spaced and ordered otherwise
        original = sources.get(path.name)
        if path.exists() and json.loads(path.read_text()) == json.loads(text):
            print(f'{path}: is there')
        elif path.exists() and original and path.samefile(original):
            raise ValueError(f"{path} is the authors' own file, and has to "
                             'be mended: give another --out')
        else:
            write_whole(path, text)
            print(f'{path}: written')
    return odds


def _find(folder: Path, name: str) -> Path:
    found = sorted(folder.rglob(name))
    if not found:
        raise ValueError(f'{folder} holds no {name}: unpack all of what the '
                         'authors give, and name the folder above it')
    if len(found) > 1:
        listed = ', '.join(map(str, found))
        raise ValueError(f'{folder} holds several {name}: {listed}. Name the '
                         'folder of one')
    return found[0]


def _read(path: Path) -> dict:
    try:
        content = json.loads(path.read_text(encoding='utf-8'))
    except ValueError as error:
        raise ValueError(f'{path} is no JSON: {error}') from error
    for key in ('images', 'annotations', 'categories'):
        if not isinstance(content, dict) or not content.get(key):
            raise ValueError(f'{path} has no {key}: is it COCO format?')
    return content


def mend_sizes(entries: List[dict], images: Path, name: str) -> int:
    """Swap widths and heights where the picture says so.

    Args:
        entries (list[dict]): ``images`` of an annotation file, changed in
            place.
        images (Path): Folder of the pictures.
        name (str): Of the annotation file.

    Returns:
        int: How many were swapped.

    Raises:
        ValueError: If pictures are missing, or sizes differ otherwise.
    """
    paths = [str(images / entry['file_name']) for entry in entries]
    found = tqdm(
        read_pictures(paths, read_header),
        total=len(paths),
        desc=name,
        unit='image')
    wrong, mended = [], 0
    for entry, (_, picture) in zip(entries, found):
        size = entry['width'], entry['height']
        if isinstance(picture, PictureError):
            wrong.append(f'{entry["file_name"]} ({picture})')
        elif size == picture.size[::-1] != picture.size:
            entry['width'], entry['height'] = picture.size
            mended += 1
        elif size != picture.size:
            wrong.append(f'{entry["file_name"]} ({picture.size[0]} x '
                         f'{picture.size[1]} px in place of {size[0]} x '
                         f'{size[1]})')
    if wrong:
        raise ValueError(
            f'{name}: {len(wrong)} of {len(entries)} pictures in {images} are '
            f'missing or not those that it names: {"; ".join(wrong[:3])}. '
            'Nothing was written')
    return mended


def merge(contents: List[dict]) -> dict:
    """Make one annotation file of several.

    Args:
        contents (list[dict]): Their contents, left as they are.

    Returns:
        dict: Images and annotations of all. Annotations whose id is taken
        get a new one, from the highest on.

    Raises:
        ValueError: If categories differ or an image id stands twice.
    """
    merged = dict(contents[0], images=[], annotations=[])
    image_ids, ids = set(), set()
    highest = max(annotation['id'] for content in contents
                  for annotation in content['annotations'])
    for content in contents:
        if content['categories'] != merged['categories']:
            raise ValueError('the files to merge have different categories')
        for image in content['images']:
            if image['id'] in image_ids:
                raise ValueError(f'image id {image["id"]} stands twice')
            image_ids.add(image['id'])
            merged['images'].append(image)
        for annotation in content['annotations']:
            if annotation['id'] in ids:
                highest += 1
                annotation = dict(annotation, id=highest)
            ids.add(annotation['id'])
            merged['annotations'].append(annotation)
    return merged


def _odd_counts(file: Prepared, content: dict) -> List[str]:
    counts: Dict[str, int] = dict(
        images=len(content['images']), persons=len(content['annotations']))
    published = dict(images=file.num_images, persons=file.num_persons)
    print(f'{file.name}: {counts["images"]} images, {counts["persons"]} '
          'persons')
    return [
        f'{file.name} has {count} {what}, but {published[what]} are published'
        for what, count in counts.items()
        if published[what] not in (None, count)
    ]


def write_whole(path: Path, content: Union[str, bytes]) -> None:
    """Write a file so that it is there whole or not at all.

    Args:
        path (Path): The file; folders are made.
        content (str | bytes): Its content; text becomes UTF-8.
    """
    if isinstance(content, str):
        content = content.encode('utf-8')
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, suffix='.part')
    try:
        with os.fdopen(handle, 'wb') as file:
            file.write(content)
        # mkstemp lets nobody else read; an ordinary file may be
        umask = os.umask(0)
        os.umask(umask)
        os.chmod(name, 0o666 & ~umask)
        os.replace(name, path)
    finally:
        if os.path.exists(name):
            os.remove(name)


def link_images(images: Path, link: Path) -> None:
    """Make pictures known under another path, without a copy.

    Args:
        images (Path): Their folder.
        link (Path): Where they should be.

    Raises:
        ValueError: If other pictures are there.
    """
    if link.exists() and link.samefile(images):
        return
    if link.exists() or link.is_symlink():
        raise ValueError(f'{link} is there, and is not {images}: move it away '
                         'or give another --out')
    link.parent.mkdir(parents=True, exist_ok=True)
    link.symlink_to(images.resolve(), target_is_directory=True)
    print(f'{link}: linked to {images}')
