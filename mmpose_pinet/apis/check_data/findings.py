"""What a check found, in one screen."""
import textwrap
from collections import defaultdict
from typing import Dict, List, NamedTuple, Tuple

_WIDTH = 79
_INDENT = ' ' * 6


class Kind(NamedTuple):
    """A kind of mistake.

    Attributes:
        what (str): What is wrong, as the report says it.
        is_error (bool): Whether a training or test suffers from it.
        in_words (bool): Whether findings are sentences, told in full, in
            place of names, of which the first few are told.
    """
    what: str
    is_error: bool = True
    in_words: bool = False


KINDS = dict(
    config=Kind('the config is wrong', in_words=True),
    ann_file=Kind('the annotation file cannot be used', in_words=True),
    crowd_index=Kind('crowdIndex is missing', in_words=True),
    joint_names=Kind('joints do not match', in_words=True),
    nobody=Kind('nobody to train on or to judge by', in_words=True),
    entry=Kind('entries lack what they need'),
    image_id=Kind('image ids stand twice'),
    annotation_id=Kind('annotation ids stand twice'),
    unknown_image=Kind('annotations are of unknown images'),
    unknown_category=Kind('annotations are of unknown categories'),
    missing=Kind('pictures are missing'),
    unreadable=Kind('pictures cannot be read'),
    size=Kind('sizes are unlike the picture'),
    box=Kind('boxes are not 4 finite numbers with a size'),
    box_area=Kind('boxes have no area inside the picture'),
    keypoint_count=Kind('persons have another number of keypoints'),
    keypoints=Kind('keypoints are not finite numbers'),
    person_outside=Kind('persons are outside of the picture'),
    area=Kind('areas are not above 0'),
    hidden_person=Kind('num_keypoints is 0, but joints are labelled'),
    segmentation=Kind('segmentations are malformed'),
    joint_outside=Kind('labelled joints are outside of the picture', False),
    num_keypoints=Kind('num_keypoints miscounts labelled joints', False),
    visibility=Kind('visibilities are none of 0, 1 and 2', False),
    spare_segmentation=Kind('segmentations that nobody reads are malformed',
                            False),
    categories=Kind('persons are of several categories', False),
    unmasked_crowd=Kind('crowd regions have no segmentation', False),
    file_twice=Kind('pictures stand twice', False),
    shared=Kind('pictures are both trained and tested on', False),
    unknown_format=Kind('not looked into', False, in_words=True))


class Findings:
    """Mistakes by place and kind."""

    def __init__(self) -> None:
        self._found: Dict[Tuple[str, str], List[str]] = defaultdict(list)
        self.sets: List[str] = []  # a line for each set that was looked into

    def add(self, kind: str, place: str, name: str) -> None:
        """Note a mistake.

        Args:
            kind (str): A key of ``KINDS``.
            place (str): The loops that it is about, such as ``'val, test'``.
            name (str): The file, person or key at fault, or a sentence where
                the kind is ``in_words``. A sentence is noted once.
        """
        found = self._found[kind, place]
        if not (KINDS[kind].in_words and name in found):
            found.append(name)

    def of(self, kind: str) -> List[str]:
        """All findings of a kind, at any place."""
        return [
            name for (found, _), names in self._found.items() for name in names
            if found == kind
        ]

    @property
    def num_errors(self) -> int:
        """How many mistakes a training or test suffers from."""
        return self._count(is_error=True)

    @property
    def num_notes(self) -> int:
        """How many mistakes do no harm by themselves."""
        return self._count(is_error=False)

    def _count(self, is_error: bool) -> int:
        return sum(
            len(names) for (kind, _), names in self._found.items()
            if KINDS[kind].is_error == is_error)

    def report(self) -> str:
        """Tell all, in lines of at most 79 characters."""
        lines = [
            line for told in self.sets
            for line in textwrap.wrap(told, _WIDTH, subsequent_indent=_INDENT)
        ]
        for title, is_error in (('Errors, from which a run would suffer',
                                 True), ('Notes', False)):
            told = [
                line for key, kind in KINDS.items()
                if kind.is_error == is_error for line in self._tell(key)
            ]
            if told:
                lines += ['', title, *told]
        if self._found:
            lines += [
                '', f'{_count_of(self.num_errors, "error")}, '
                f'{_count_of(self.num_notes, "note")}'
            ]
        else:
            lines += ['No mistakes found.']
        return '\n'.join(lines).lstrip()

    def _tell(self, key: str) -> List[str]:
        lines = []
        for (kind, place), names in self._found.items():
            if kind != key:
                continue
            lines.append(f'{len(names):5}  {place}: {KINDS[key].what}')
            if KINDS[key].in_words:
                for sentence in names:
                    lines += textwrap.wrap(
                        sentence,
                        _WIDTH,
                        initial_indent=_INDENT + '- ',
                        subsequent_indent=_INDENT + '  ')
            else:
                lines.append(_INDENT + ' ' + _first_few(names))
        return lines


def _count_of(count: int, what: str) -> str:
    return f'{count} {what}' + 's' * (count != 1)


def _first_few(names: List[str]) -> str:
    """As many names as a line holds."""
    room = _WIDTH - len(_INDENT) - 1 - len('; ...')
    line = textwrap.shorten(names[0], room, placeholder=' ...')
    for name in names[1:]:
        if len(f'{line}; {name}') > room:
            return f'{line}; ...'
        line = f'{line}; {name}'
    return line
