"""An OpenVINO model in pieces, each computed in one precision."""
from typing import Callable, Dict, List, NamedTuple, Set

import openvino as ov
from openvino import opset8


class Segment(NamedTuple):
    """A piece of a model, with the names of its inputs and outputs."""

    model: ov.Model
    low: bool  # whether it may be computed in low precision
    inputs: List[str]
    outputs: List[str]


def split(model: ov.Model, is_low: Callable[[str], bool]) -> List[Segment]:
    """Split a model wherever it goes from one precision to the other.

    OpenVINO computes a model in one precision: operations that must stay in
    float32 have to stand in a model of their own.

    Args:
        model (ov.Model): With one input; it is taken apart.
        is_low (Callable): Tells by its name whether an operation may be
            computed in low precision.

    Returns:
        list[Segment]: In the order in which they run. The model's own input
        and outputs keep their names.
    """
    own_input, = model.inputs
    stages = _stages(model, is_low)
    pieces = [_Piece() for _ in range(max(stages.values()) + 1)]
    pieces[0].inputs[own_input.get_any_name()] = own_input.get_node()
    for result in model.get_results():
        source = result.input(0).get_source_output()
        name = result.output(0).get_any_name()
        pieces[stages[_key(result)]].outputs[name] = source
    for operation in model.get_ordered_ops():
        for port in operation.inputs():
            source = port.get_source_output()
            made_in = stages.get(_key(source.get_node()))
            needed_in = stages[_key(operation)]
            if made_in is not None and made_in < needed_in:
                name = f'{_key(source.get_node())}.{source.get_index()}'
                pieces[made_in].outputs[name] = source
                port.replace_source_output(pieces[needed_in].take(
                    name, source))
    return [
        Segment(
            ov.Model([opset8.result(port) for port in piece.outputs.values()],
                     list(piece.inputs.values()),
                     f'segment {number}'), number % 2 == 1, list(piece.inputs),
            list(piece.outputs)) for number, piece in enumerate(pieces)
    ]


class _Piece:
    """What goes into a segment and what comes out, by name."""

    def __init__(self) -> None:
        self.inputs: Dict[str, ov.Node] = {}
        self.outputs: Dict[str, ov.Output] = {}

    def take(self, name: str, source: ov.Output) -> ov.Output:
        """Let a value of an earlier piece come in."""
        if name not in self.inputs:
            self.inputs[name] = opset8.parameter(source.get_partial_shape(),
                                                 source.get_element_type())
        return self.inputs[name].output(0)


def _stages(model: ov.Model, is_low: Callable[[str], bool]) -> Dict[str, int]:
    """The number of each operation's segment: odd ones are those of low
    precision. A constant has none, it goes with those who need it."""
    low = _low_operations(model, is_low)
    operations = [
        operation for operation in model.get_ordered_ops()
        if operation.get_type_name() != 'Constant'
    ]
    stages: Dict[str, int] = {}
    for operation in operations:
        sources = (
            port.get_source_output().get_node() for port in operation.inputs())
        stage = max((stages.get(_key(node), 0) for node in sources), default=0)
        if _computes(operation):
            stage += stage % 2 != (_key(operation) in low)
        stages[_key(operation)] = stage
    # shapes and indices are worked out where they are needed: what is known
    # of them, as a number of channels, would be lost on the way there
    for operation in reversed(operations):
        consumers = _consumers(operation)
        if consumers and operation.get_type_name() != 'Parameter' \
                and not _computes(operation):
            stages[_key(operation)] = min(stages[_key(node)]
                                          for node in consumers)
    return stages


def _computes(operation: ov.Node) -> bool:
    """Whether it has a precision, as shapes and indices have none."""
    return operation.get_type_name() not in ('Parameter', 'Result') and any(
        port.get_element_type().is_real() for port in operation.outputs())


def _consumers(operation: ov.Node) -> List[ov.Node]:
    return [
        port.get_node() for output in operation.outputs()
        for port in output.get_target_inputs()
    ]


def _low_operations(model: ov.Model, is_low: Callable[[str],
                                                      bool]) -> Set[str]:
    """The operations of low precision. A node of the file may have become
    several operations: the last has its name and stands for the others, which
    have a name of no scope."""
    low = set()
    for operation in reversed(model.get_ordered_ops()):
        name = operation.get_friendly_name()
        if is_low(name) or '/' not in name and any(
                _key(node) in low for node in _consumers(operation)):
            low.add(_key(operation))
    return low


def _key(operation: ov.Node) -> str:
    return operation.get_name()  # which no other has
