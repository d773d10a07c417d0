"""The error of an op that nothing stands in for."""


def missing_op(name: str) -> ImportError:
    """Say which op is missing, and what to do."""
    return ImportError(
        f'`{name}` is a compiled op of mmcv. This environment has mmcv-lite, '
        'which has none, and mmpose_pinet stands in for those alone that '
        "MMPose's models and its detectors need. Either take the model, layer "
        'or detector that calls it out of the config, or install the full '
        'mmcv: `make venv WITH_OPS=1` in a clone of mmpose_pinet, `pip '
        'uninstall mmcv-lite && mim install mmcv` elsewhere.')
