"""Bare matrix products: the most that a processor gives in a precision."""
from typing import Callable

import numpy as np
import torch

SIDE = 2048
OPERATIONS = 2 * SIDE**3  # of a product: as many additions as multiplications


def bare_product(precision: str, threads: int) -> Callable[[], None]:
    """Prepare the product of two square matrices, ``OPERATIONS`` in all.

    Args:
        precision (str): ``'fp32'``, ``'bf16'``: by PyTorch; ``'int8'``, of
            uint8 and int8 into int32: by ONNX Runtime, as PyTorch has none
            on a CPU.
        threads (int): Of ONNX Runtime; PyTorch's are those set.

    Raises:
        ImportError: If ONNX Runtime, which int8 needs, is not there.
    """
    if precision == 'int8':
        return _int8_product(threads)
    dtype = dict(fp32=torch.float32, bf16=torch.bfloat16)[precision]
    one, other = torch.rand(2, SIDE, SIDE).to(dtype)
    return lambda: torch.mm(one, other)


def _int8_product(threads: int) -> Callable[[], None]:
    import onnx
    import onnxruntime
    from onnx import TensorProto, helper, numpy_helper

    rng = np.random.default_rng(0)
    shape = SIDE, SIDE
    # processors without VNNI add two products in 16 bits
    weight = rng.integers(-64, 64, shape).astype(np.int8)
    graph = helper.make_graph(
        [helper.make_node('MatMulInteger', ['x', 'weight'], ['y'])], 'product',
        [helper.make_tensor_value_info('x', TensorProto.UINT8, shape)],
        [helper.make_tensor_value_info('y', TensorProto.INT32, shape)],
        [numpy_helper.from_array(weight, 'weight')])
    model = helper.make_model(
        graph, opset_imports=[helper.make_opsetid('', 17)], ir_version=8)
    onnx.checker.check_model(model)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=['CPUExecutionProvider'])
    x = rng.integers(0, 256, shape).astype(np.uint8)
    return lambda: session.run(None, dict(x=x))
