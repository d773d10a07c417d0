"""Small files as `pinet export` writes them, without a trained network."""
from mmpose_pinet.deploy.metadata import FileMetadata

METADATA = FileMetadata(
    keypoint_names=('nose', 'left_hand', 'right_hand'),
    skeleton_links=((0, 1), (0, 2)),
    sigmas=(.05, .1, .1),
    flip_pairs=((1, 2), ),
    parts=((0, ), (1, 2)),
    stride=4,
    size_factor=64,
    short_side=128,
    pad_value=(0, 0, 0),
    oks_thr=.7,
    fuse=True,
    score_thr=.1,
    flip_test=True,
    max_candidates=4,
    training_data='drawn',
    licence='free',
    checkpoint_sha256='0' * 64,
    config='small',
    exported_by='mmpose_pinet 0.1.0',
    quantized=False)
