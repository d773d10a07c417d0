"""A model in pieces finds what the whole finds."""
import numpy as np
import openvino as ov
import pytest
from openvino import opset8

from mmpose_pinet.deploy.segments import split


def build():
    """low -> high -> low, with a value that the last two both need, and an
    operation without a name of its own in each."""
    x = opset8.parameter([-1, 2], np.float32, name='x')

    def named(operation, name, output=None):
        operation.set_friendly_name(name)
        if output:
            operation.output(0).set_names({output})
        return operation

    x.output(0).set_names({'x'})
    one = np.float32(1)
    start = named(opset8.multiply(x, np.float32(3)), '/start')
    first = named(
        opset8.relu(named(opset8.add(start, one), 'Add_1')), '/low/first')
    second = named(
        opset8.multiply(named(opset8.subtract(first, one), 'Sub_1'), first),
        '/second', 'second')
    third = named(opset8.add(second, first), '/low/third', 'third')
    rows = named(opset8.shape_of(third), 'ShapeOf_1', 'rows')
    return ov.Model([second, third, rows], [x], 'small')


def run(segments, x):
    values = dict(x=x)
    for segment in segments:
        compiled = ov.Core().compile_model(segment.model, 'CPU')
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
    assert [*map(names, segments)] == [{'/start'}, {'Add_1', '/low/first'},
                                       {'Sub_1', '/second'},
                                       {'/low/third', 'ShapeOf_1'}]


@pytest.mark.parametrize('scopes', [(), ('/low/', ), ('/', )])
def test_pieces_find_what_the_whole_finds(scopes):
    x = np.array([[-1, 0], [1, 2], [3, 4]], np.float32)
    whole = ov.Core().compile_model(build(), 'CPU')([x])
    values = run(split(build(), lambda name: name.startswith(scopes)), x)
    for name in 'second', 'third', 'rows':
        np.testing.assert_array_equal(values[name], whole[name])
    first = np.maximum(3 * x + 1, 0)
    np.testing.assert_array_equal(values['third'], first**2)


def test_where_nothing_is_low_it_stays_whole():
    segment, = split(build(), lambda name: False)
    assert not segment.low and segment.inputs == ['x']
    assert segment.outputs == ['second', 'third', 'rows']
