"""The persons of a picture, as plain arrays.

It needs numpy alone, so that a result can be read, written and handed on
where nothing of PyTorch is installed. Drawing needs OpenCV.
"""
import colorsys
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Dict, Iterator, List, NamedTuple, Optional, Tuple, Union

import numpy as np

# Keypoints under it are not drawn: they are guesses. It is low because a
# keypoint's score is that of its part point times that of its heatmap.
DRAWN_SCORE = 0.03


class Person(NamedTuple):
    """One person: ``keypoints`` (K, 2) and ``bbox`` (left, top, right, bottom)
    in px, ``keypoint_scores``, their mean ``score``, and a video's ``id``."""

    keypoints: np.ndarray
    keypoint_scores: np.ndarray
    bbox: np.ndarray
    score: float
    id: Optional[int] = None


@dataclass(frozen=True, eq=False, repr=False)
class Result:
    """What was found in a picture: m persons of K keypoints, best first.

    ``len(result)`` is m; iterating gives a :class:`Person` each.

    Attributes:
        keypoints (np.ndarray): (m, K, 2), (x, y) in image px.
        keypoint_scores (np.ndarray): (m, K).
        bboxes (np.ndarray): (m, 4), left, top, right and bottom of each
            person's keypoints in image px.
        bbox_scores (np.ndarray): (m, ), the persons' scores.
        keypoint_names (tuple[str]): K.
        skeleton_links (tuple[tuple[int, int]]): Pairs of keypoint indices.
        image_size (tuple[int, int]): Width and height in px.
        source (str, optional): The file of the picture or video.
        frame (int, optional): The frame of a video, from 0.
        ids (np.ndarray, optional): (m, ) the persons' identities in a video
            that was tracked, from 1.
    """

    keypoints: np.ndarray
    keypoint_scores: np.ndarray
    bboxes: np.ndarray
    bbox_scores: np.ndarray
    keypoint_names: Tuple[str, ...]
    skeleton_links: Tuple[Tuple[int, int], ...]
    image_size: Tuple[int, int]
    source: Optional[str] = None
    frame: Optional[int] = None
    ids: Optional[np.ndarray] = None

    def __len__(self) -> int:
        return len(self.keypoints)

    def __iter__(self) -> Iterator[Person]:
        ids = [None] * len(self) if self.ids is None else self.ids.tolist()
        for *arrays, score, identity in zip(self.keypoints,
                                            self.keypoint_scores, self.bboxes,
                                            self.bbox_scores, ids):
            yield Person(*arrays, float(score), identity)

    def __repr__(self) -> str:
        place = 'a picture'
        if self.source:
            place = printable(Path(self.source).name)
        if self.frame is not None:
            place = f'frame {self.frame} of {place}'
        if not len(self):
            return f'nobody in {place}'
        persons = '1 person' if len(self) == 1 else f'{len(self)} persons'
        return (f'{persons} in {place}, '
                f'best score {self.bbox_scores[0]:.2f}')

    def to_coco(self,
                image_id: Union[int, str],
                category_id: int = 1) -> List[dict]:
        """Turn the persons into results as COCO's evaluation reads them.

        Args:
            image_id (int | str): The image's ``id`` in its annotation file.
            category_id (int): 1, the category "person", by default.

        Returns:
            list[dict]: For each person ``image_id``, ``category_id``,
            ``keypoints`` (x, y and score of each, flat), ``bbox`` (left, top,
            width, height) and ``score``; coordinates in image px.
        """
        return [
            dict(
                image_id=image_id,
                category_id=category_id,
                keypoints=np.column_stack(
                    [person.keypoints,
                     person.keypoint_scores]).ravel().tolist(),
                bbox=[
                    *person.bbox[:2].tolist(),
                    *np.subtract(person.bbox[2:], person.bbox[:2]).tolist()
                ],
                score=person.score) for person in self
        ]

    def to_dict(self) -> dict:
        """Turn the result into what JSON can hold, see :meth:`save_json`."""
        return dict(
            source=self.source,
            frame=self.frame,
            image_size=list(self.image_size),
            keypoint_names=list(self.keypoint_names),
            skeleton_links=[list(link) for link in self.skeleton_links],
            persons=[
                dict(
                    {} if person.id is None else dict(id=person.id),
                    score=_rounded(person.score, 6),
                    bbox=_rounded(person.bbox, 3),
                    keypoints=_rounded(person.keypoints, 3),
                    keypoint_scores=_rounded(person.keypoint_scores, 6))
                for person in self
            ])

    def save_json(self, path: Union[str, Path]) -> None:
        """Write the result to a file; :meth:`load_json` reads it again.

        It holds one object with ``source``, ``frame``, ``image_size``,
        ``keypoint_names``, ``skeleton_links`` and ``persons``: a list, best
        person first, of objects with ``score``, ``bbox`` (left, top, right,
        bottom), ``keypoints`` (K pairs x, y) and ``keypoint_scores``, and of
        a tracked video ``id``.
        Coordinates are image px, to a thousandth; scores have six digits.
        """
        Path(path).write_text(json.dumps(self.to_dict()))

    @classmethod
    def load_json(cls, path: Union[str, Path]) -> 'Result':
        """Read a result that :meth:`save_json` has written.

        Raises:
            ValueError: If the file holds something else.
        """
        try:
            return cls.from_dict(json.loads(Path(path).read_text()))
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(f'{path} holds no result of `save_json`: '
                             f'{error!r}') from error

    @classmethod
    def from_dict(cls, values: Dict) -> 'Result':
        """Build a result from what :meth:`to_dict` has made of one."""
        names = tuple(values['keypoint_names'])

        def column(key: str, *shape: int) -> np.ndarray:
            rows = [person[key] for person in values['persons']]
            return np.array(rows, np.float32).reshape(len(rows), *shape)

        return cls(
            keypoints=column('keypoints', len(names), 2),
            keypoint_scores=column('keypoint_scores', len(names)),
            bboxes=column('bbox', 4),
            bbox_scores=column('score'),
            keypoint_names=names,
            skeleton_links=tuple(map(tuple, values['skeleton_links'])),
            image_size=tuple(values['image_size']),
            source=values['source'],
            frame=values['frame'],
            ids=np.array([person['id']
                          for person in values['persons']], int) if all(
                              'id' in person
                              for person in values['persons']) else None)

    def to_supervision(self):
        """Turn the persons into ``supervision.KeyPoints``.

        Returns:
            supervision.KeyPoints: ``xy`` (m, K, 2), ``keypoint_confidence``
            (m, K), ``detection_confidence`` (m, ) and ``class_id`` 0.

        Raises:
            ImportError: If the package ``supervision`` is not installed.
        """
        try:
            from supervision import KeyPoints
        except ImportError as error:
            raise ImportError(
                'to_supervision() needs the package supervision, 0.30 or '
                'newer: pip install "supervision>=0.30"') from error
        return KeyPoints(
            xy=self.keypoints.astype(np.float32),
            class_id=np.zeros(len(self), int),
            keypoint_confidence=self.keypoint_scores.astype(np.float32),
            detection_confidence=self.bbox_scores.astype(np.float32))

    def plot(self,
             image: Optional[np.ndarray] = None,
             path: Union[str, Path, None] = None) -> np.ndarray:
        """Draw the persons onto the picture, each in a colour of its own.

        Keypoints with a score under 0.03 and their links are left out.

        Args:
            image (np.ndarray, optional): The picture, (h, w, 3) BGR, which
                stays as it is. By default ``source`` is read again.
            path (str | Path, optional): A file to write the drawing to.

        Returns:
            np.ndarray: The drawing, (h, w, 3) BGR.

        Raises:
            ValueError: If there is no picture, it has not the size of the
                one the persons were found in, or ``path`` cannot be written.
        """
        import cv2

        image = self._picture() if image is None else image.copy()
        if image.shape[1::-1] != tuple(self.image_size):
            raise ValueError(
                f'the persons were found in a picture of {self.image_size} '
                f'px (width, height), this one has {image.shape[1::-1]}')
        width = max(1, round(min(self.image_size) / 200))
        # the best person comes last and lies on top
        for number, person in reversed(list(enumerate(self))):
            points = np.rint(person.keypoints).astype(int).tolist()
            shown = person.keypoint_scores >= DRAWN_SCORE
            links = [
                link for link in self.skeleton_links if all(shown[[*link]])
            ]
            # a dark edge makes a colour stand out from any background
            hue = number if person.id is None else person.id
            for colour, edge in ((0, 0, 0), 2), (_colour(hue), 0):
                for one, other in links:
                    cv2.line(image, points[one], points[other], colour,
                             width + edge, cv2.LINE_AA)
                for point in np.array(points)[shown].tolist():
                    cv2.circle(image, point, width + 1 + edge // 2, colour, -1,
                               cv2.LINE_AA)
                if person.id is not None and shown.any():
                    place = min(points, key=lambda point: point[1])
                    cv2.putText(image, str(person.id), place, 0,
                                .1 + .3 * width, colour, width + edge,
                                cv2.LINE_AA)
        if path is not None:
            _write_picture(Path(path), image)
        return image

    def _picture(self) -> np.ndarray:
        import cv2

        if self.source is None or self.frame is not None:
            raise ValueError('only the picture of a file is read again: call '
                             'plot(image) with the picture or frame itself')
        try:
            # OpenCV ends the process over a name that is no UTF-8
            content = np.fromfile(self.source, np.uint8)
        except OSError as error:
            raise ValueError(
                f'{self.source} cannot be read as a picture') from error
        image = None
        if content.size:
            image = cv2.imdecode(content, cv2.IMREAD_COLOR)
        if image is None:
            raise ValueError(f'{self.source} cannot be read as a picture')
        return image


def _write_picture(path: Path, image: np.ndarray) -> None:
    import cv2

    kind = path.suffix
    try:
        if not kind.isascii() or not cv2.haveImageWriter(f'a{kind}'):
            raise OSError(f'no kind of picture ends in {kind!r}')
        path.write_bytes(cv2.imencode(kind, image)[1].tobytes())
    except OSError as error:
        raise ValueError(f'{path} cannot be written: {error}') from error


def printable(text: str) -> str:
    """Put ``?`` for what a terminal would obey or cannot show, as names of
    files may hold it."""
    return ''.join(c if c.isprintable() else '?' for c in text)


def _rounded(values: Union[float, np.ndarray],
             digits: int) -> Union[float, list]:
    return np.round(np.asarray(values, np.float64), digits).tolist()


def _colour(number: int) -> Tuple[float, float, float]:
    """A bright colour (BGR) for each person; neighbours in the list differ
    much: each next hue is a golden section of the circle away."""
    rgb = colorsys.hsv_to_rgb(number * 0.618 % 1, 0.85, 1)
    return tuple(255 * value for value in reversed(rgb))
