"""A small test set on disk, and poses of it with errors that are known."""
import json

import cv2
import numpy as np

AREA = 100.**2  # of each person, px^2
WIDTH, HEIGHT = 640, 240
APART = 300  # px, far beyond what joints can be confused over
# COCO's, as far as joints below are moved
SIGMAS = np.array([
    .026, .025, .025, .035, .035, .079, .079, .072, .072, .062, .062, .107,
    .107, .087, .087, .089, .089
])
LEFT_ELBOW, RIGHT_ELBOW, LEFT_WRIST = 7, 8, 9
LEFT_KNEE, LEFT_ANKLE, RIGHT_ANKLE = 13, 15, 16
KS = 0.7  # of the planted jitter

# how often each error is planted
PLANTED = {
    'jitter': 1,
    'inversion': 2,
    'swap': 2,
    'miss': 2,
    'duplicate': 2,
    'background': 1,
    'missed person': 1,
    'score': 1,
}


def distance(ks, joint):
    """How far off, in px, a joint has this ks."""
    return float(np.sqrt(-2 * AREA * np.log(ks)) * 2 * SIGMAS[joint])


def body(left):
    """Joints (17, 2) of a person, a grid of 20 px by 25 px."""
    k = np.arange(17)
    return np.stack([left + 20. * (k % 4), 40 + 25. * (k // 4)], axis=1)


class Planted:
    """Images of two persons, and what was found in them.

    Args:
        more (int): So many images without an error follow.

    Attributes:
        images, annotations (list[dict]): The truth, in COCO's form.
        poses (list[dict]): Results of COCO's form, in the images' order.
        errors (dict[int, str]): What is planted, by image id.
    """

    def __init__(self, more=0):
        self.images, self.annotations, self.poses = [], [], []
        self.errors = {}
        self._rng = np.random.default_rng(0)
        for error in ('', 'jitter', 'inversion', 'swap', 'miss', 'duplicate',
                      'missed', 'score', 'crowd', *[''] * more):
            self._add_image(error)

    def _add_image(self, error):
        id_ = len(self.images) + 1
        self.errors[id_] = error
        self.images.append(
            dict(
                id=id_,
                file_name=f'{id_}.png',
                width=WIDTH,
                height=HEIGHT,
                crowdIndex=[0.1, 0.5, 0.9][id_ % 3]))
        first, second = body(40), body(40 + APART)
        self._add_person(id_, first)
        self._add_person(id_, second, iscrowd=error == 'crowd')
        self._add_poses(id_, error, first, second)

    def _add_poses(self, id_, error, first, second):
        found = first.copy()
        if error == 'jitter':
            found[LEFT_WRIST, 1] += distance(KS, LEFT_WRIST)
        elif error == 'inversion':
            found[[LEFT_ANKLE, RIGHT_ANKLE]] = first[[RIGHT_ANKLE, LEFT_ANKLE]]
        elif error == 'swap':  # with that joint, and with the mirrored one
            found[LEFT_WRIST] = second[LEFT_WRIST]
            found[RIGHT_ELBOW] = second[LEFT_ELBOW]
        elif error in ('miss', 'score'):
            found[LEFT_KNEE, 1] -= 150
        self._add_pose(id_, found, 0.9)
        if error != 'missed':
            self._add_pose(id_, second, 0.8)
        if error in ('duplicate', 'score'):
            self._add_pose(id_, first, 0.6)
        if error == 'duplicate':
            self._add_pose(id_, first + [130, 60], 0.7)  # on nobody

    def _add_person(self, image_id, joints, iscrowd=False):
        visible = np.full(17, 0 if iscrowd else 2)
        self.annotations.append(
            dict(
                id=len(self.annotations) + 1,
                image_id=image_id,
                category_id=1,
                iscrowd=int(iscrowd),
                area=AREA,
                bbox=[*joints.min(0).tolist(), 80., 120.],
                num_keypoints=int((visible > 0).sum()),
                keypoints=np.column_stack([joints, visible]).ravel().tolist()))

    def _add_pose(self, image_id, joints, score):
        # no two alike, so that there is one order
        score += self._rng.uniform(-0.05, 0.05)
        self.poses.append(
            dict(
                image_id=image_id,
                category_id=1,
                score=score,
                keypoints=np.column_stack([joints,
                                           np.full(17,
                                                   score)]).ravel().tolist()))

    def truth(self):
        return dict(
            images=self.images,
            annotations=self.annotations,
            categories=[dict(id=1, name='person')])

    def dump(self):
        """The poses as `tools/test.py --dump` writes them."""
        samples = []
        for image in self.images:
            found = [p for p in self.poses if p['image_id'] == image['id']]
            joints = np.array([p['keypoints'] for p in found])
            joints = joints.reshape(-1, 17, 3)
            samples.append(
                dict(
                    id=[image['id']],
                    img_id=image['id'],
                    gt_instances={},
                    pred_instances=dict(
                        keypoints=joints[..., :2],
                        keypoint_scores=joints[..., 2])))
        return samples

    def write(self, root):
        """Annotations and pictures, where the drawn crowd's config looks."""
        (root / 'annotations').mkdir()
        (root / 'val').mkdir()
        (root / 'annotations/val.json').write_text(json.dumps(self.truth()))
        for image in self.images:
            cv2.imwrite(
                str(root / 'val' / image['file_name']),
                np.full((HEIGHT, WIDTH, 3), 25 * image['id'], np.uint8))
