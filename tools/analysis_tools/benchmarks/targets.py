"""Encoding the training targets of one image: PartSPR against SPR."""
from functools import partial
from typing import List

from mmpose.registry import KEYPOINT_CODECS

from .models import Setting
from .people import box_area, draw_crowd, target_bytes
from .table import Row
from .timing import measure

PEOPLE = 2, 8, 30


def run(setting: Setting) -> List[Row]:
    """Measure time and size; both are the loader's, so the CPU's."""
    ours = KEYPOINT_CODECS.build(setting.cfg.model.head.decoder)
    # as MMPose's DEKR uses it: keypoints and one root a person
    theirs = KEYPOINT_CODECS.build(
        dict(
            type='SPR',
            input_size=ours.input_size,
            heatmap_size=ours.heatmap_size,
            sigma=(4, 2),
            minimal_diagonal_length=32**.5,
            generate_keypoint_heatmaps=True))
    rows = []
    for people in PEOPLE:
        keypoints = draw_crowd(people, setting.shape)
        encode = dict(
            ours=partial(ours.encode, keypoints, area=box_area(keypoints)),
            SPR=partial(theirs.encode, keypoints))
        size = {name: target_bytes(call()) for name, call in encode.items()}
        seconds = measure(encode, setting.repeats, setting.device,
                          f'targets, {people} persons')
        rows += [
            Row('targets', f'encode {people} persons', 's', seconds['ours'],
                'SPR, one root', seconds['SPR']),
            Row('targets', f'target arrays of {people} persons', 'byte',
                size['ours'], 'SPR, one root', size['SPR'])
        ]
    return rows
