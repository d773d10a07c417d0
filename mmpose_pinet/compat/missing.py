"""Says what to install where MMPose misses what it does not ask for.

MMPose gives out MMDetection as optional. Since 1.3 one of its heads, RTMO's,
imports it all the same, and with that head all of ``mmpose.models`` does. Its
``mmpose.apis`` have MMEngine 0.10 look for a package by ``pkg_resources``.
"""
REMEDIES = {
    'mmdet':
    "MMPose imports it since 1.3: pip install --no-deps 'mmdet<4'",
    'pkg_resources':
    "setuptools has it until version 81: pip install 'setuptools<81'"
}

try:
    import mmpose.apis
    import mmpose.models  # noqa: F401
except ModuleNotFoundError as error:
    missed = str(error.name).partition('.')[0]
    if missed not in REMEDIES:
        raise
    raise ImportError(
        f'{missed} is not installed. {REMEDIES[missed]}') from error
