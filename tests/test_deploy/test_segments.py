"""A model in pieces finds what the whole finds."""
import os

import numpy as np
import openvino as ov
import pytest
from openvino import opset8

from mmpose_pinet.deploy.openvino_engine import core_of
from mmpose_pinet.deploy.segments import split

CORE = core_of(os.getpid())


def build():
    """High -> low -> high -> low, with operations that have no names of their
    own, an int8 weight, and a shape that is needed late."""
    x = opset8.parameter([-1, 2], np.float32)
    x.output(0).set_names({'x'})
    one = np.float32(1)

    def named(name, operation, output=None):
        operation.set_friendly_name(name)
        if output:
            operation.output(0).set_names({output})
        return operation

    weight = opset8.constant(np.array([3], np.int8))
    weight = named('Convert_1', opset8.convert(weight, 'f32'))
    start = named('/start', opset8.multiply(x, weight))
    shape = named('ShapeOf_1', opset8.shape_of(start))
    sum_ = named('Add_1', opset8.add(start, one))
    first = named('/low/first', opset8.relu(sum_))
    square = named('Mul_1', opset8.multiply(first, first))
    second = named('/second', opset8.broadcast(square, shape), 'second')
    third = named('/low/third', opset8.add(second, first), 'third')
    rows = named('ShapeOf_2', opset8.shape_of(third), 'rows')
    return ov.Model([second, third, rows], [x], 'small')


def run(segments, x):
    values = dict(x=x)
    for segment in segments:
        compiled = CORE.compile_model(segment.model, 'CPU')
        found = compiled([values[name] for name in segment.inputs])
        values.update(zip(segment.outputs, found.to_tuple()))
    return values


def names(segment):
    return {
        operation.get_friendly_name()
        for operation in segment.model.get_ops()
        if operation.get_type_name() not in ('Constant', 'Parameter', 'Result')
    }


def test_pieces_take_turns():
    segments = split(build(), lambda name: name.startswith('/low/'))
    assert [segment.low for segment in segments] == [False, True, False, True]
    # a weight stays as the file has it, a shape comes where it is needed
    assert [*map(names, segments)] == [{'Convert_1', '/start'},
                                       {'Add_1', '/low/first'},
                                       {'ShapeOf_1', 'Mul_1', '/second'},
                                       {'/low/third', 'ShapeOf_2'}]


@pytest.mark.parametrize('scopes', [(), ('/low/', ), ('/', )])
def test_pieces_find_what_the_whole_finds(scopes):
    x = np.array([[-1, 0], [1, 2], [3, 4]], np.float32)
    whole = CORE.compile_model(build(), 'CPU')([x])
    values = run(split(build(), lambda name: name.startswith(scopes)), x)
    for name in 'second', 'third', 'rows':
        np.testing.assert_array_equal(values[name], whole[name])
    first = np.maximum(3 * x + 1, 0)
    np.testing.assert_array_equal(values['third'], first**2 + first)


def test_where_nothing_is_low_it_stays_whole():
    segment, = split(build(), lambda name: False)
    assert not segment.low and segment.inputs == ['x']
    assert segment.outputs == ['second', 'third', 'rows']
