"""Small files as `pinet export` writes them, whose network is a formula.

The brightness of the blue and red channels moves four candidates of three
keypoints away from where they rest. What is computed outside of the scopes of
low precision has weights that bfloat16 would round by tenths of a px.
"""
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from mmpose_pinet.deploy.metadata import FileMetadata

METADATA = FileMetadata(
    keypoint_names=('nose', 'left_hand', 'right_hand'),
    skeleton_links=((0, 1), (0, 2)),
    sigmas=(.05, .1, .1),
    flip_pairs=((1, 2), ),
    parts=((0, ), (1, 2)),
    stride=4,
    size_factor=64,
    short_side=64,
    pad_value=(0, 0, 0),
    oks_thr=.7,
    fuse=True,
    soft=False,
    score_thr=.1,
    flip_test=True,
    max_candidates=4,
    training_data='drawn',
    licence='free',
    checkpoint_sha256='0' * 64,
    config='small',
    exported_by='mmpose_pinet 0.1.0',
    quantized=False)

# of the four candidates, two are one person; input px
REST = np.array([[[10, 10], [4, 30], [16, 30]], [[10, 11], [4, 31], [16, 31]],
                 [[40, 10], [30, 40], [50, 40]], [[9, 9], [9, 20], [20, 20]]],
                np.float32)
MOVES = (60.123 + np.arange(48).reshape(2, 24) / 7).astype(np.float32)
CORRECTIONS = np.eye(24, dtype=np.float32) / 1024
SCORES = np.array([[.5, .4, .3], [.4, .5, .2], [.2, .2, .2], [.9, .9, .9]],
                  np.float32)
# of blue; the last is never passed, the others by all that is not black
THRESHOLDS = np.array([0, 0, 0, 2], np.float32)


def candidates(images: np.ndarray) -> tuple:
    """What the network finds, by NumPy, in float64."""
    light = images.astype(float).mean((1, 2))[:, [0, 2]] / 255
    moves = light @ MOVES * (1 + 1 / 1024)
    keypoints = REST + moves.reshape(-1, 4, 3, 2)
    scores = np.broadcast_to(SCORES, (len(images), 4, 3))
    return keypoints, scores, light[:, :1] > THRESHOLDS


def write(path: Path, props: dict = METADATA.to_props()) -> Path:
    """Write the file, with any metadata."""
    blue_and_red = np.zeros((2, 3, 1, 1), np.float32)
    blue_and_red[0, 0] = blue_and_red[1, 2] = 1
    constants = dict(
        white=np.float32(255),
        blue_and_red=blue_and_red,
        bias=np.zeros(2, np.float32),
        moves=MOVES,
        corrections=CORRECTIONS,
        rest=REST[None],
        base=SCORES[None],
        thresholds=THRESHOLDS,
        blue_alone=np.array([0]),
        pose_shape=np.array([-1, 4, 3, 2]),
        column_shape=np.array([-1, 2]),
        few=np.array([4, 3]))
    nodes = [
        ('/Cast', 'Cast', 'images', 'bytes', dict(to=TensorProto.FLOAT)),
        ('/Div', 'Div', 'bytes white', 'pixels', {}),
        ('/Transpose', 'Transpose', 'pixels', 'planes',
         dict(perm=[0, 3, 1, 2])),
        ('/backbone/conv1/Conv', 'Conv', 'planes blue_and_red bias', 'maps',
         {}),
        ('/backbone/relu/Relu', 'Relu', 'maps', 'features', {}),
        ('/Pool', 'GlobalAveragePool', 'features', 'light', {}),
        ('/Reshape', 'Reshape', 'light column_shape', 'columns', {}),
        ('/displacement_layer/MatMul', 'MatMul', 'columns moves', 'coarse',
         {}),
        ('/refinement/predict/MatMul', 'MatMul', 'coarse corrections',
         'changes', {}),
        ('/Add', 'Add', 'coarse changes', 'refined', {}),
        ('/Reshape_1', 'Reshape', 'refined pose_shape', 'poses', {}),
        ('/Add_1', 'Add', 'poses rest', 'keypoints', {}),
        ('/Gather', 'Gather', 'columns blue_alone', 'blue', dict(axis=1)),
        ('/Greater', 'Greater', 'blue thresholds', 'valid', {}),
        ('/Shape', 'Shape', 'blue', 'number', dict(start=0, end=1)),
        ('/Concat', 'Concat', 'number few', 'score_shape', dict(axis=0)),
        ('/Expand', 'Expand', 'base score_shape', 'scores', {}),
    ]
    value = helper.make_tensor_value_info
    graph = helper.make_graph([
        helper.make_node(kind, inputs.split(), [output], name, **settings)
        for name, kind, inputs, output, settings in nodes
    ], 'small', [value('images', TensorProto.UINT8, ['N', 'H', 'W', 3])], [
        value('keypoints', TensorProto.FLOAT, ['N', 4, 3, 2]),
        value('scores', TensorProto.FLOAT, ['N', 4, 3]),
        value('valid', TensorProto.BOOL, ['N', 4])
    ], [
        numpy_helper.from_array(np.asarray(array), name)
        for name, array in constants.items()
    ])
    model = helper.make_model(
        graph, opset_imports=[helper.make_opsetid('', 17)], ir_version=8)
    helper.set_model_props(model, props)
    onnx.checker.check_model(model)
    onnx.save(model, str(path))
    return path


def draw_images(number: int, height: int = 64, width: int = 64) -> np.ndarray:
    """Noise of another brightness in each image."""
    rng = np.random.default_rng(number)
    light = rng.uniform(.1, .9, (number, 1, 1, 3))
    noise = rng.uniform(.8, 1, (number, height, width, 3))
    return (255 * light * noise).astype(np.uint8)
