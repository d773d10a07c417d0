"""Tells whether a drawn crowd is whole."""
import json
from pathlib import Path
from typing import Optional, Union

from ..checks.pictures import PictureError, read_pictures


def find_damage(out_dir: Union[str, Path], num_images: int,
                split: str) -> Optional[str]:
    """Look for what is missing or damaged in a set of ``draw_crowd``.

    Each image is read to its end.

    Args:
        out_dir (str | Path): The folder it was drawn into.
        num_images (int): How many there have to be.
        split (str): Name of the set.

    Returns:
        str, optional: The first thing that is wrong: with the file, and what
        it is about. None if nothing is.
    """
    folder = Path(out_dir, split)
    ann_file = Path(out_dir, f'annotations/{split}.json')
    try:
        content = json.loads(ann_file.read_text())
        images = content['images']
        sizes = {
            str(folder / image['file_name']): (image['width'], image['height'])
            for image in images
        }
        persons = {person['image_id'] for person in content['annotations']}
    except FileNotFoundError:
        return f'{ann_file} is not there'
    except (ValueError, KeyError, TypeError) as error:
        return f'{ann_file} is damaged ({type(error).__name__}: {error})'
    if len(sizes) != num_images:
        return f'{ann_file} has {len(sizes)} images, not {num_images}'
    if persons != {image['id'] for image in images}:
        return f'{ann_file} has images without persons'
    for path, found in read_pictures(sizes):
        if isinstance(found, PictureError):
            return f'{path}: {found}'
        if found.size != sizes[path]:
            return f'{path} has the size {found.size}, not {sizes[path]}'
    return None
