"""Where a sample of a training comes from, for errors."""
from typing import Any, Optional


def sample_name(results: dict, annotation_id: Optional[int] = None) -> str:
    """Name a sample by all that is known of it.

    Args:
        results (dict): Of a pipeline; ``img_path`` and ``img_id`` are used
            if they are there.
        annotation_id (int, optional): The person's in the annotation file.

    Returns:
        str: Such as ``'a.jpg, image 3, annotation 12'``.
    """
    known = [str(results.get('img_path', 'a picture without a file'))]
    if 'img_id' in results:
        known.append(f'image {results["img_id"]}')
    if annotation_id is not None:
        known.append(f'annotation {annotation_id}')
    return ', '.join(known)


def annotation_of(segmentation: Any, results: dict) -> Optional[int]:
    """Find the annotation that a segmentation stands in.

    Args:
        segmentation (dict | list | None): As the annotation file has it.
        results (dict): Of a pipeline; ``raw_ann_info`` is used if it is there.

    Returns:
        int | None: Its id, if it is known.
    """
    for annotation in results.get('raw_ann_info') or []:
        if annotation.get('segmentation') == segmentation:
            return annotation['id']
    return None
