"""Count identity switches of a tracked video, as MOTChallenge does.

A switch is where a true person is found under another identity than it had
when it was last found (CLEAR MOT, Bernardin and Stiefelhagen 2008).
"""
import argparse
import json
import sys
from pathlib import Path
from typing import Dict, List, NamedTuple

import numpy as np
from scipy.optimize import linear_sum_assignment

from mmpose_pinet.command_line import number, run_command
from mmpose_pinet.datasets.metainfo import metainfo_of

Poses = Dict[int, np.ndarray]  # (K, 2) by identity


class Truth(NamedTuple):
    """A true person of a frame."""

    keypoints: np.ndarray  # (K, 3): x, y, visibility
    area: float


class Counts(NamedTuple):
    """What a tracker did right and wrong, of persons summed over frames."""

    persons: int
    matched: int
    missed: int
    false: int
    switches: int

    @property
    def mota(self) -> float:
        """1 less the share of mistakes; below 0 with more of them than there
        are persons."""
        mistakes = self.missed + self.false + self.switches
        return 1 - mistakes / max(self.persons, 1)


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        'truth',
        help='COCO keypoints with a frame_id an image and a track_id '
        'a person, as draw_walk.py writes them')
    parser.add_argument('found', help='the JSON of `pinet predict VIDEO`')
    parser.add_argument(
        '--oks-thr',
        type=number,
        default=.5,
        help='a person is found by a greater OKS (default: 0.5)')
    return parser.parse_args()


def read_truth(path: str) -> List[Dict[int, Truth]]:
    """Read the true persons of each frame, by identity. Those without a
    labelled keypoint are left out."""
    content = _read(path)
    try:
        images = sorted(content['images'], key=lambda image: image['frame_id'])
        frames = {image['id']: {} for image in images}
        for person in content['annotations']:
            keypoints = np.reshape(person['keypoints'], (-1, 3)).astype(float)
            if keypoints[:, 2].any():
                frames[person['image_id']][person['track_id']] = Truth(
                    keypoints, person['area'])
    except (KeyError, TypeError) as error:
        raise ValueError(f'{path} holds no tracks: {error!r}') from error
    return list(frames.values())


def read_found(path: str) -> List[Poses]:
    """Read the persons of each frame of a tracked video."""
    content = _read(path)
    try:
        return [{
            person['id']: np.array(person['keypoints'], float)
            for person in frame['persons']
        } for frame in content['frames']]
    except (KeyError, TypeError) as error:
        raise ValueError(
            f'{path} is no JSON of a tracked video: {error!r}') from error


def _read(path: str) -> dict:
    try:
        return json.loads(Path(path).read_text())
    except ValueError as error:
        raise ValueError(f'{path} is no JSON: {error}') from error


def find_oks(truth: Truth, found: np.ndarray,
             sigmas: np.ndarray) -> np.ndarray:
    """OKS of poses (m, K, 2) with a true person, as COCO's evaluation."""
    labelled = truth.keypoints[:, 2] > 0
    distance = ((found - truth.keypoints[:, :2])**2).sum(-1)
    exponent = distance / (2 * sigmas)**2 / (truth.area + np.spacing(1)) / 2
    return np.exp(-exponent[:, labelled]).mean(1)


def count_switches(truth: List[Dict[int, Truth]],
                   found: List[Poses],
                   sigmas: np.ndarray,
                   oks_thr: float = .5) -> Counts:
    """Match the persons of each frame, and count.

    Who was matched in an earlier frame stays matched while OKS allows it; the
    others are matched so that the sum of OKS is the greatest.

    Raises:
        ValueError: If the numbers of frames differ.
    """
    if len(truth) != len(found):
        raise ValueError(f'the truth is about {len(truth)} frames, but '
                         f'{len(found)} were looked at')
    last = {}  # the identity under which each person was last found
    persons = matched = false = switches = 0
    for people, poses in zip(truth, found):
        oks = np.zeros((len(people), len(poses)))
        if oks.size:
            poses_array = np.stack(list(poses.values()))
            oks[:] = [
                find_oks(person, poses_array, sigmas)
                for person in people.values()
            ]
        oks[oks <= oks_thr] = 0
        kept = np.array([[last.get(i) == j for j in poses] for i in people])
        # no sum of others outweighs one that is kept
        rows, columns = linear_sum_assignment(
            oks + len(people) * kept.reshape(oks.shape) * (oks > 0),
            maximize=True)
        numbers, ids = list(people), list(poses)
        pairs = {
            numbers[i]: ids[j]
            for i, j in zip(rows, columns) if oks[i, j]
        }
        switches += sum(last.get(i, j) != j for i, j in pairs.items())
        last.update(pairs)
        persons += len(people)
        matched += len(pairs)
        false += len(poses) - len(pairs)
    return Counts(persons, matched, persons - matched, false, switches)


def main() -> None:
    args = parse_args()
    truth, found = read_truth(args.truth), read_found(args.found)
    number_of = {
        len(person.keypoints)
        for people in truth
        for person in people.values()
    }
    number_of |= {len(pose) for poses in found for pose in poses.values()}
    if len(number_of) != 1:
        raise ValueError(f'persons of {sorted(number_of)} keypoints cannot be '
                         'compared')
    sigmas = np.array(metainfo_of(*number_of)['sigmas'])
    counts = count_switches(truth, found, sigmas, args.oks_thr)
    print(f'{counts.switches} identity switches in {len(truth)} frames; of '
          f'{counts.persons} persons {counts.matched} found and '
          f'{counts.missed} missed, {counts.false} false ones; MOTA '
          f'{counts.mota:.3f}')


if __name__ == '__main__':
    sys.exit(run_command(main))
