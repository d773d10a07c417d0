"""Installs mmpose_pinet, and nothing else."""
from pathlib import Path

from setuptools import find_packages, setup

version = {}
source = Path(__file__).parent / 'mmpose_pinet' / 'version.py'
exec(source.read_text(), version)

# No `install_requires`: this is a plugin for an OpenMMLab environment, whose
# torch, mmcv, mmdet and mmpose match each other and were often built for the
# machine. pip would replace them (and fail on MMPose's dependency chumpy).
# requirements/ says what a fresh environment needs; `make venv` makes one.
setup(
    name='mmpose_pinet',
    version=version['__version__'],
    description='PINet for MMPose: multi-person pose estimation in crowds',
    license='Apache-2.0',
    python_requires='>=3.8',  # the oldest that tests were run on
    packages=find_packages(include=['mmpose_pinet', 'mmpose_pinet.*']),
    classifiers=[
        'Programming Language :: Python :: 3',
        'Topic :: Scientific/Engineering :: Artificial Intelligence',
    ])
