"""Annotations as they come: a fault each, in a file of one picture more.

A fault changes the picture's entry and its person's, or the file's content,
before or after these are added.
"""
from functools import partial
from typing import Callable, NamedTuple, Tuple

from small_set import HEIGHT, WIDTH

NAN, INFINITY = float('nan'), float('inf')
JOINTS = [v for k in range(17) for v in (8 + 2 * k, 6 + 2 * k, 2)]
CROWD = dict(iscrowd=1, num_keypoints=0, keypoints=[0] * 51)


class BadAnnotation(NamedTuple):
    """A fault of a person's or picture's entry.

    Attributes:
        change (Callable): Takes the set, the picture's entry and the
            person's, and changes them.
        is_error (bool): Whether training and test refuse it, in place of
            handling it.
        loops (tuple[str]): Those that it is tried on.
        is_noted (bool): Whether `pinet check-data` speaks of it.
    """
    change: Callable
    is_error: bool = True
    loops: Tuple[str, ...] = ('train', 'val')
    is_noted: bool = True


def entry(name,
          is_error=True,
          loops=('train', 'val'),
          is_noted=True,
          **changes):
    """Other values of an entry; ``...`` takes a key out."""

    def change(of, image, person):
        changed = dict(image=image, person=person)[name]
        changed.update(changes)
        for key, value in changes.items():
            if value is ...:
                del changed[key]

    return BadAnnotation(change, is_error, loops, is_noted)


person = partial(entry, 'person')
picture = partial(entry, 'image')


def joint(*values):
    """The joints, the first of which is another."""
    return [*values, *JOINTS[3:]]


def of_two_categories(of, image, person):
    of.categories.append(dict(id=2, name='dog'))
    person['category_id'] = 2


def handled(**changes):
    return person(is_error=False, **changes)


def unnoted(**changes):
    return person(is_error=False, is_noted=False, **changes)


BAD_ANNOTATIONS = {
    'no keypoints':
    handled(keypoints=...),
    'keypoints null':
    person(keypoints=None),
    'keypoints a number':
    person(keypoints=5),
    'keypoints a string':
    person(keypoints='1 2 2'),
    'keypoints empty':
    person(keypoints=[]),
    'keypoints nested':
    person(keypoints=[[8, 6, 2]] * 17),
    '16 keypoints':
    person(keypoints=JOINTS[:-3]),
    '18 keypoints':
    person(keypoints=JOINTS + [9, 9, 2]),
    '50 numbers':
    person(keypoints=JOINTS[:-1]),
    'keypoint null':
    person(keypoints=joint(None, None, 2)),
    'unlabelled keypoint null':
    person(keypoints=joint(None, None, 0)),
    'keypoint a string':
    person(keypoints=joint('8', 6, 2)),
    'keypoint NaN':
    person(keypoints=joint(NAN, NAN, 2)),
    'unlabelled keypoint NaN':
    unnoted(keypoints=joint(NAN, NAN, 0), num_keypoints=16),
    'all keypoints NaN':
    person(keypoints=[NAN, NAN, 2] * 17),
    'visibility NaN':
    person(keypoints=joint(8, 6, NAN)),
    'keypoint infinite':
    person(keypoints=joint(8, INFINITY, 2)),
    'keypoint 1e300':
    person(keypoints=joint(1e300, 6, 2)),
    'keypoint 10**400':
    person(keypoints=joint(10**400, 6, 2)),
    'keypoint negative':
    handled(keypoints=joint(-8, -6, 2)),
    'keypoint far outside':
    handled(keypoints=joint(1e6, -1e6, 2)),
    'keypoint at 1e30':
    handled(keypoints=joint(1e30, 6, 2)),
    'all keypoints far outside':
    handled(keypoints=[1e6, 1e6, 2] * 17),
    'all keypoints in one place':
    unnoted(keypoints=[20, 20, 2] * 17),
    'all keypoints 0':
    unnoted(keypoints=[0] * 51, num_keypoints=0),
    'visibility 7':
    handled(keypoints=joint(8, 6, 7)),
    'visibility -1':
    handled(keypoints=joint(8, 6, -1), num_keypoints=16),
    'no box':
    handled(bbox=...),
    'box null':
    person(bbox=None),
    'box empty':
    person(bbox=[]),
    'box of 3':
    person(bbox=[5, 5, 30]),
    'box of 5':
    person(bbox=[5, 5, 30, 30, 1]),
    'box of strings':
    person(bbox=['5', '5', '30', '30']),
    'box nested':
    person(bbox=[[5, 5, 30, 30]]),
    'box NaN':
    person(bbox=[5, NAN, 30, 30]),
    'box infinite':
    person(bbox=[5, 5, INFINITY, 30]),
    'box of null':
    person(bbox=[5, 5, None, 30]),
    'box of negative size':
    person(bbox=[40, 40, -30, -30]),
    'box without area':
    handled(bbox=[5, 5, 0, 30]),
    'box outside':
    handled(bbox=[500, 500, 30, 30]),
    'box far larger':
    unnoted(bbox=[-1e5, -1e5, 3e5, 3e5]),
    'area null':
    person(area=None),
    'area a string':
    person(area='600'),
    'area NaN':
    person(area=NAN),
    'area negative':
    person(area=-5),
    'no area':
    unnoted(area=..., loops=('train', )),
    'num_keypoints null':
    person(num_keypoints=None),
    'num_keypoints a string':
    person(num_keypoints='17'),
    'num_keypoints negative':
    person(num_keypoints=-1),
    'num_keypoints miscounts':
    handled(num_keypoints=3),
    'num_keypoints 0':
    handled(num_keypoints=0),
    'no num_keypoints':
    unnoted(num_keypoints=..., loops=('train', )),
    'iscrowd null':
    unnoted(iscrowd=None),
    'no iscrowd':
    unnoted(iscrowd=...),
    'no segmentation':
    unnoted(segmentation=...),
    'crowd without segmentation':
    handled(segmentation=..., **CROWD),
    'no annotation id':
    person(id=...),
    'annotation id null':
    person(id=None),
    'annotation id a string':
    person(id='a'),
    'annotation id twice':
    BadAnnotation(
        lambda of, image, person: person.update(id=of.annotations[0]['id'])),
    'image id unknown':
    handled(image_id=4711),
    'no image id':
    person(image_id=...),
    'image id null':
    person(image_id=None),
    'image id a string':
    person(image_id='2'),
    'no category':
    person(category_id=...),
    'unknown category':
    person(category_id=5),
    'two categories':
    BadAnnotation(of_two_categories, is_error=False),
    'a person twice':
    BadAnnotation(
        lambda of, image, person: of.annotations.append(dict(person, id=9999)),
        is_error=False,
        is_noted=False),
    '200 persons':
    BadAnnotation(
        lambda of, image, person: of.annotations.extend(
            dict(person, id=2000 + i) for i in range(199)),
        is_error=False,
        is_noted=False),
    'no file name':
    picture(file_name=...),
    'file name null':
    picture(file_name=None),
    'file name a number':
    picture(file_name=5),
    'file name empty':
    picture(file_name=''),
    'no width':
    picture(width=...),
    'width null':
    picture(width=None),
    'width 0':
    picture(width=0),
    'height negative':
    picture(height=-HEIGHT),
    'height a string':
    picture(height='48'),
    'sizes swapped':
    picture(width=HEIGHT, height=WIDTH, loops=('train', 'val')),
    'another size':
    picture(width=640, height=480),
    'picture id null':
    picture(id=None),
    'picture id a string':
    picture(id='a'),
    'picture id twice':
    BadAnnotation(
        lambda of, image, person: image.update(id=of.images[0]['id'])),
    'picture twice':
    BadAnnotation(
        lambda of, image, person: of.images.append(dict(image, id=9998)),
        is_error=False),
    'an entry null':
    BadAnnotation(lambda of, image, person: of.annotations.append(None)),
    'an entry a list':
    BadAnnotation(lambda of, image, person: of.images.append([])),
    'nobody':
    BadAnnotation(
        lambda of, image, person: of.annotations.clear(), loops=('train', )),
}
