"""Numbers at the edge of what a codec takes."""
import numpy as np
import pytest

from mmpose_pinet.codecs import PartSPR

LEAST = dict(
    sigma=0.5,
    radius=0.5,
    background_weight=0,
    min_instance_area=0,
    decode_thr=0,
    decode_max_instances=1)


def build(**settings):
    return PartSPR(
        **{
            **dict(input_size=(4, 4), heatmap_size=(1, 1), parts=[[0], [1]]),
            **settings
        })


def test_a_map_of_one_cell_holds_a_person():
    codec = build(**LEAST)
    person = np.array([[[1., 2.], [3., 2.]]])
    encoded = codec.encode(person, np.ones((1, 2)), np.array([4.]))
    assert encoded['heatmaps'].shape == (4, 1, 1)
    assert encoded['part_indices'].tolist() == [0, 1]


@pytest.mark.parametrize('sizes', [
    dict(input_size=(4, 0.5)),
    dict(heatmap_size=(0, 1)),
    dict(sigma=0),
    dict(radius=0),
    dict(background_weight=-1e-9),
    dict(decode_max_instances=0),
    dict(decode_max_instances=1.5),
])
def test_less_is_refused_by_name(sizes):
    name, = sizes
    with pytest.raises(ValueError, match=name):
        build(**sizes)
