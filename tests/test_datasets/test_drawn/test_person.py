"""A drawn person: a body whose joints lie where its limbs bend and end."""
import numpy as np
import pytest

from mmpose_pinet.datasets.drawn import KEYPOINTS, draw_person


@pytest.fixture(scope='module')
def people():
    rng = np.random.default_rng(0)
    return [draw_person(rng) for _ in range(200)]


def joint(person, name):
    return person.keypoints[KEYPOINTS.index(name)]


def parts(person):
    return {shape.part for shape in person.shapes}


def test_joints_are_the_ends_of_limbs(people):
    ends = dict(
        upper_arm=('shoulder', 'elbow'),
        forearm=('elbow', 'wrist'),
        thigh=('hip', 'knee'),
        shin=('knee', 'ankle'))
    for person in people:
        limbs = [shape for shape in person.shapes if len(shape.circles) == 2]
        for side in ('left', 'right'):
            for part, names in ends.items():
                joints = [joint(person, f'{side}_{name}') for name in names]
                assert any(
                    np.allclose(limb.circles[:, :2], joints) for limb in limbs
                    if limb.part == f'{side}_{part}')


def test_a_face_shows_which_side_is_left(people):
    """Who shows both eyes looks at us: the left eye is on our right."""
    facing = [p for p in people if {'left_eye', 'right_eye'} <= parts(p)]
    assert 40 < len(facing) < 160
    for person in facing:
        assert joint(person, 'left_eye')[0] > joint(person, 'right_eye')[0]


def test_who_turns_the_back_shows_no_face(people):
    """Shoulders the other way round, and the head not turned against it."""
    width = np.array([
        joint(p, 'left_shoulder')[0] - joint(p, 'right_shoulder')[0]
        for p in people
    ])
    backs = [p for p, w in zip(people, width) if w < -.15]
    assert len(backs) > 20
    for person in backs:
        assert not {'left_eye', 'right_eye'} <= parts(person)
        assert 'print' not in {shape.material for shape in person.shapes}


def test_the_far_arm_is_behind_the_torso_and_the_near_one_before(people):
    """A person in profile who looks right has the left arm far from us."""
    profiles = 0
    for person in people:
        shoulders = abs(
            joint(person, 'left_shoulder') - joint(person, 'right_shoulder'))
        looks = joint(person, 'nose')[0] - joint(person, 'left_ear')[0]
        if shoulders[0] > .05 or abs(looks) < .06:
            continue
        profiles += 1
        order = [shape.part for shape in person.shapes]
        far, near = ('left', 'right') if looks > 0 else ('right', 'left')
        torso = order.index('torso')
        assert order.index(f'{far}_upper_arm') < torso
        assert order.index(f'{near}_upper_arm') > torso
    assert profiles > 10


def test_box_is_as_large_as_the_silhouette(people):
    for person in people[:20]:
        low, high = np.full(2, np.inf), np.full(2, -np.inf)
        for shape in person.shapes:
            for x, y, radius in shape.circles:
                low = np.minimum(low, (x - radius, y - radius))
                high = np.maximum(high, (x + radius, y + radius))
        np.testing.assert_allclose(person.box, [*low, *high])
