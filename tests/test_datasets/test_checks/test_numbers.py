"""Numbers held against loops over them."""
import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmpose_pinet.datasets.checks import check_numbers, not_finite


@given(
    st.lists(
        st.one_of(st.integers(), st.floats(), st.none(), st.booleans(),
                  st.text(max_size=2)),
        max_size=6), st.one_of(st.none(), st.integers(0, 6)))
def test_numbers_pass_if_each_is_finite_and_they_are_as_many(values, count):
    sound = count is None or len(values) == count
    for value in values:
        sound = sound and type(value) in (int, float)
        sound = sound and math.isfinite(value)
    # through a file, as they come: JSON has NaN and Infinity
    values = json.loads(json.dumps(values))
    if sound:
        assert check_numbers(
            values, count).tolist() == [float(value) for value in values]
    else:
        with pytest.raises(ValueError):
            check_numbers(values, count)


@pytest.mark.parametrize('values, reason', [
    ([1, 2, 3], '3 numbers in place of 4'),
    ([1, 2, None, 4], 'something else than numbers'),
    ([1, 2, '3', 4], 'something else than numbers'),
    ([1, 2, float('nan'), 4], 'not finite'),
    ([1, 2, 10**400, 4], 'beyond all floats'),
    (None, 'no list of numbers but None'),
    ('1234', "no list of numbers but '1234'"),
])
def test_what_is_wrong_is_said(values, reason):
    with pytest.raises(ValueError, match=reason):
        check_numbers(values, 4)


@pytest.mark.parametrize('shape', [(0, 4), (0, 17, 2), (5, ), (6, 4),
                                   (7, 17, 2)])
def test_rows_that_are_not_finite(shape):
    rng = np.random.default_rng(0)
    values = rng.random(shape)
    values[rng.random(shape) < 0.02] = np.nan
    values[rng.random(shape) < 0.02] = -np.inf
    expected = [
        any(not math.isfinite(value) for value in row.ravel())
        for row in values.reshape(len(values), -1)
    ] if len(values) else []
    assert not_finite(values).tolist() == expected
