"""Images of two persons ever further apart, and what a metric says of them."""
import json

import numpy as np
from mmpose.registry import METRICS
from xtcocotools.coco import COCO

SIDE = 100
# how far the second person of each image stands from the first, in px; their
# boxes' IoU is (SIDE - shift) / (SIDE + shift)
SHIFTS = [0, 5, 10, 20, 25, 40, 60, 80, 120]
LEVELS = [max(0, (SIDE - s) / (SIDE + s)) for s in SHIFTS]
ALL_IMAGES = list(range(100, 100 + len(SHIFTS)))


def person(ann_id, image_id, left, rng):
    """A person in a box of SIDE px, 17 labelled joints."""
    points = rng.uniform(0, SIDE, (17, 2)) + [left, 50]
    return dict(
        id=ann_id,
        image_id=image_id,
        category_id=1,
        bbox=[left, 50, SIDE, SIDE],
        area=SIDE**2,
        iscrowd=0,
        num_keypoints=17,
        keypoints=np.column_stack([points, np.full(17, 2)]).ravel().tolist())


def write_annotations(path, image_ids):
    """Images of two persons each, as SHIFTS says, ids from 100."""
    rng = np.random.default_rng(0)
    annotations = [
        person(2 * i + j, 100 + i, 50 + j * shift, rng)
        for i, shift in enumerate(SHIFTS) for j in range(2)
    ]
    content = dict(
        images=[
            dict(
                id=i,
                width=400,
                height=200,
                file_name=f'{i}.jpg',
                crowdIndex=LEVELS[i - 100]) for i in image_ids
        ],
        annotations=[a for a in annotations if a['image_id'] in image_ids],
        categories=[dict(id=1, name='person')])
    path.write_text(json.dumps(content))
    return str(path)


def predictions(ann_file, noise):
    """The truth of each image, moved by ``noise(image_id)`` px."""
    coco = COCO(ann_file)
    rng = np.random.default_rng(1)
    samples = []
    for image_id in coco.getImgIds():
        anns = coco.imgToAnns[image_id]
        truth = np.array([a['keypoints'] for a in anns]).reshape(-1, 17, 3)
        moved = truth[..., :2] + rng.normal(0, noise(image_id),
                                            (len(truth), 17, 2))
        samples.append(
            dict(
                id=[a['id'] for a in anns],
                img_id=image_id,
                gt_instances={},
                pred_instances=dict(
                    keypoints=moved,
                    keypoint_scores=rng.uniform(0.5, 1, (len(truth), 17)))))
    return samples


def evaluate(ann_file,
             samples,
             type='CrowdLevelMetric',
             dataset_name='crowd_of_a_test',
             size=None,
             **kwargs):
    metric = METRICS.build(
        dict(
            type=type,
            ann_file=ann_file,
            nms_mode='none',
            score_mode='keypoint',
            **kwargs))
    metric.dataset_meta = dict(
        dataset_name=dataset_name,
        num_keypoints=17,
        CLASSES=[dict(id=1, name='person')],
        sigmas=np.full(17, 0.05))
    metric.process([], samples)
    return metric.evaluate(size or len(samples))


def growing_noise(image_id):
    return 3 + (image_id - 100)
