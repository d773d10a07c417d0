"""What the check lets through, native decoders draw; the rest it names."""
import json
import subprocess
import sys

import numpy as np
import pycocotools.mask as cocomask
import pytest
from hypothesis import given
from hypothesis import strategies as st
from run_lengths import runs_by_loop

from mmpose_pinet.datasets.checks import (check_segmentation, rle_counts,
                                          rle_mask)

HEIGHT, WIDTH = 24, 32
SHAPE = (HEIGHT, WIDTH)


def random_mask(seed, height=HEIGHT, width=WIDTH, grain=1):
    rng = np.random.default_rng(seed)
    mask = rng.random((height, width)) < rng.random()
    return np.kron(mask, np.ones((grain, grain))).astype(np.uint8)


def compressed(mask):
    rle = cocomask.encode(np.asfortranarray(mask))
    return dict(size=list(mask.shape), counts=rle['counts'].decode())


@given(
    st.integers(0, 10**6), st.integers(1, 20), st.integers(1, 20),
    st.sampled_from([1, 7, 40]))
def test_compressed_rles_say_what_the_mask_does(seed, height, width, grain):
    """Coarse grain makes counts that take several characters."""
    mask = random_mask(seed, height, width, grain)
    rle = compressed(mask)
    assert rle_counts(rle, mask.shape).tolist() == runs_by_loop(mask)
    np.testing.assert_array_equal(rle_mask(rle, mask.shape), mask)
    # as pycocotools has it before it goes to JSON
    rle['counts'] = rle['counts'].encode()
    np.testing.assert_array_equal(rle_mask(rle, mask.shape), mask)


def test_plain_counts_say_what_the_mask_does():
    mask = random_mask(3)
    rle = dict(size=[HEIGHT, WIDTH], counts=runs_by_loop(mask))
    np.testing.assert_array_equal(rle_mask(rle, SHAPE), mask)


# Each is drawn by a process of its own: some end it, some make it hang, and
# some draw what happens to be in memory.
DRAW = """
import json, sys
import numpy as np
import pycocotools.mask as cocomask
height, width = {shape}
for seg in json.load(sys.stdin):
    if isinstance(seg, dict) and isinstance(seg['counts'], list):
        seg = cocomask.frPyObjects(seg, height, width)
    elif not isinstance(seg, dict):
        seg = cocomask.merge(cocomask.frPyObjects(seg, height, width))
    mask = cocomask.decode(seg)
    assert mask.shape == (height, width) and mask.max() <= 1
print('drawn')
""".format(shape=SHAPE)


def drawn_natively(segmentations):
    done = subprocess.run([sys.executable, '-c', DRAW],
                          input=json.dumps(segmentations),
                          capture_output=True,
                          text=True,
                          timeout=60)
    return done.returncode == 0 and done.stdout.strip() == 'drawn'


def rle(counts, size=(HEIGHT, WIDTH)):
    return dict(size=list(size), counts=counts)


MALFORMED = [
    (rle([10, 2000000]), 'sum to 2000010.*768'),
    (rle([10, 20]), 'sum to 30.*768'),
    (rle([]), 'sum to 0'),
    (rle([10, -5, 763]), 'negative count, -5'),
    (rle([2**70, 768 - 2**70]), f'count of {2**70}'),
    (rle([2**62, 2**62, 2**62, 2**62, 768]), 'sum to'),
    (rle([1.5, 766.5]), 'neither a list of ints nor a string'),
    (rle([[1], 767]), 'neither a list of ints nor a string'),
    (rle([True, 767]), 'neither a list of ints nor a string'),
    (rle(None), 'neither a list of ints nor a string'),
    (rle([768], size=(WIDTH, HEIGHT)), r'size \[32, 24\].*\[24, 32\]'),
    (rle([768], size='ab'), r'size \[.*\[24, 32\]'),
    (dict(counts=[768]), 'no size'),
    (dict(size=[HEIGHT, WIDTH]), 'no counts'),
    (rle(''), 'sum to 0'),
    (rle('ooooooooooooooooo'), 'cut off'),
    (rle('oooooooooooooooooooo0'), 'more than 32 bits'),
    (rle('0 0'), "' ' at character 1"),
    (rle('0\u00e9'), 'beyond ASCII'),
    (rle('Wfj86c==F6M3N1O111O10OZCIj<1CKlP2'), 'negative|sum to'),
    ([[1e12, 1e12, 5, 5, 1, 1]], 'coordinate 1e.12'),
    ([[float('nan'), 2, 5, 5, 1, 1]], 'not finite'),
    ([[10**400, 2, 5, 5, 1, 1]], 'beyond all floats'),
    ([[1, 2, 5, 5]], '4 numbers'),
    ([[1, 2, 5, 5, 1, 1, 7]], '7 numbers'),
    ([[]], '0 numbers'),
    ([[1, 2, 'a', 5, 1, 1]], 'something else than numbers'),
    ([[[1, 2], [5, 5], [1, 1]]], 'something else than numbers'),
    ([1, 2, 5, 5, 1, 1], 'a polygon is a list in the list'),
    ('polygon', 'is a str'),
]


@pytest.mark.parametrize('segmentation, reason', MALFORMED)
def test_malformed_segmentations_are_named(segmentation, reason):
    with pytest.raises(ValueError, match=reason):
        check_segmentation(segmentation, SHAPE)


def test_native_code_dies_of_a_malformed_rle():
    """Were it not so, the check would not be needed."""
    assert not drawn_natively([rle([10, 2000000])])


@pytest.mark.parametrize('segmentation', [
    None, [], [[1, 2, 5, 5, 1, 1]], [[1, 2, 5, 5, 1, 1],
                                     [-3, 0, 40, 0, 9, 9.5]],
    rle([768]),
    rle([0, 768]),
    rle([5, 0, 763])
])
def test_sound_segmentations_pass(segmentation):
    check_segmentation(segmentation, SHAPE)


def mutations(seed):
    """A sound RLE with a few characters or counts changed, cut or added."""
    rng = np.random.default_rng(seed)
    sound = compressed(random_mask(seed, HEIGHT // 4, WIDTH // 4, 4))
    if seed % 2:
        counts = rle_counts(sound, SHAPE).tolist()
        for _ in range(rng.integers(1, 3)):
            counts[rng.integers(len(counts))] += int(rng.integers(-3, 4))
        return rle(counts)
    string = list(sound['counts'])
    for _ in range(rng.integers(1, 4)):
        place = rng.integers(len(string))
        string[place:place + rng.integers(2)] = chr(rng.integers(48, 112))
    return rle(''.join(string))


def test_what_passes_of_changed_rles_is_drawn_natively():
    passed = []
    for seed in range(3000):
        segmentation = mutations(seed)
        try:
            check_segmentation(segmentation, SHAPE)
        except ValueError:
            continue
        passed.append(segmentation)
    assert 30 < len(passed) < 2500  # some of both
    assert drawn_natively(passed)


@given(
    st.text(st.characters(min_codepoint=40, max_codepoint=120), max_size=40))
def test_any_string_is_read_or_refused(string):
    try:
        mask = rle_mask(rle(string), SHAPE)
    except ValueError:
        return
    assert mask.shape == SHAPE
    assert drawn_natively([rle(string)])


COORDINATE = st.one_of(
    st.floats(-60, 60), st.integers(-60, 60), st.floats(),
    st.sampled_from([1e9, -1e300, 2**80]))


@given(st.lists(st.lists(COORDINATE, max_size=10), max_size=3))
def test_any_polygons_are_drawn_or_refused(polygons):
    try:
        check_segmentation(polygons, SHAPE)
    except ValueError:
        return
    if polygons:
        assert drawn_natively([polygons])


def test_polygons_that_pass_are_drawn_natively():
    """Some reach out of the image as far as the check lets them."""
    rng = np.random.default_rng(0)
    polygons = [
        rng.uniform(-2 * HEIGHT, 2 * HEIGHT, 2 * n).tolist()
        for n in rng.integers(3, 20, 200)
    ]
    check_segmentation(polygons, SHAPE)
    assert drawn_natively([[polygon] for polygon in polygons])
