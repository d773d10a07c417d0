"""Installs mmpose_pinet, and nothing else."""
import re
from pathlib import Path

from setuptools import find_packages, setup

ROOT = Path(__file__).parent
PACKAGE = ROOT / 'mmpose_pinet'


def read_version() -> str:
    version = {}
    exec((PACKAGE / 'version.py').read_text(), version)
    return version['__version__']


def read_description() -> str:
    """The README, for an index page: its pictures and the links into this
    repository would lead nowhere there, so links become their text."""
    text = (ROOT / 'README.md').read_text(encoding='utf-8')
    text = re.sub(r'!\[[^\]]*\]\((?!https?:)[^)]*\)\n*', '', text)
    return re.sub(r'\[([^\]]*)\]\((?!https?:)[^)]*\)', r'\1', text)


def read_requirements(*names: str) -> list:
    lines = (
        line.partition('#')[0].strip() for name in names
        for line in (ROOT /
                     f'requirements/{name}.txt').read_text().split('\n'))
    return [line for line in lines if line]


def list_zoo() -> list:
    """What the package carries in .mim, where MMEngine, mim and MMPose look
    for configs and tools. There are links to the folders of this repository;
    wheel and sdist get the files behind them."""
    files = []
    for name in ('configs', 'demo', 'tools'):
        folder = PACKAGE / '.mim' / name
        if not folder.is_dir():
            raise FileNotFoundError(
                f'{folder} is no folder, nor a link to one. Git on Windows '
                'writes links as text: git config core.symlinks true, and '
                'check the repository out again.')
        files += [
            file for file in sorted(folder.rglob('*'))
            if file.suffix in ('.py', '.sh', '.yml', '.md', '.txt')
        ]
    files.append(PACKAGE / '.mim' / 'model-index.yml')
    return [file.relative_to(PACKAGE).as_posix() for file in files]


# No `install_requires`: this is a plugin for an OpenMMLab environment, whose
# torch, mmcv, mmdet and mmpose match each other and were often built for the
# machine. pip would replace them (and fail on MMPose's dependency chumpy).
# requirements/ says what a fresh environment needs; `make venv` makes one.
setup(
    name='mmpose_pinet',
    version=read_version(),
    description='PINet for MMPose: multi-person pose estimation in crowds',
    long_description=read_description(),
    long_description_content_type='text/markdown',
    author='The mmpose_pinet contributors',
    license='Apache-2.0',
    keywords='computer vision, pose estimation, multi-person, bottom-up, '
    'crowded scenes, keypoints, OpenMMLab, MMPose, PyTorch',
    project_urls={
        'Paper': 'https://papers.nips.cc/paper_files/paper/2021/hash/'
        '31857b449c407203749ae32dd0e7d64a-Abstract.html',
        "Authors' release": 'https://github.com/kennethwdk/PINet',
        'MMPose': 'https://github.com/open-mmlab/mmpose',
    },
    python_requires='>=3.8',  # the oldest that tests were run on
    # What `pip install mmpose_pinet[...]` adds. `runtime` is all of a fresh
    # environment but the packages of OpenMMLab, which take a second command:
    # pip has --no-deps for all or for none. `deploy` runs exported files, and
    # has no PyTorch.
    extras_require={
        'deploy': read_requirements('deploy'),
        'runtime': read_requirements('build', 'runtime'),
        'supervision': ['supervision'],
        'tests': read_requirements('tests'),
    },
    packages=find_packages(include=['mmpose_pinet', 'mmpose_pinet.*']),
    package_data={
        'mmpose_pinet': list_zoo(),
        'mmpose_pinet.visualization.report': ['templates/*'],
    },
    entry_points={'console_scripts': ['pinet = mmpose_pinet.cli:main']},
    classifiers=[
        'Development Status :: 4 - Beta',
        'Environment :: GPU :: NVIDIA CUDA',
        'Intended Audience :: Developers',
        'Intended Audience :: Science/Research',
        'Operating System :: OS Independent',
        'Programming Language :: Python :: 3',
        'Topic :: Scientific/Engineering :: Artificial Intelligence',
        'Topic :: Scientific/Engineering :: Image Recognition',
    ])
