"""The page of a report: one file of HTML, and a folder of pictures."""
import json
from dataclasses import replace
from pathlib import Path
from typing import Any, Dict, List, Optional, Sequence

from jinja2 import Environment, PackageLoader
from markupsafe import Markup
from mmengine.config import Config

from mmpose_pinet.evaluation.crowd_level_metric import CROWDINGS
from mmpose_pinet.evaluation.errors import ABOUT_OKS, GOOD_KS, NEAR_KS
from mmpose_pinet.evaluation.without_errors import ERRORS
from mmpose_pinet.models.persons import shown_from_by_config
from mmpose_pinet.system.whole_file import replaced_when_whole

from .figures import crowd_curve, gains
from .gallery import gallery_of
from .poses import load_poses, poses_of
from .run import Run, judge
from .truth import Truth, find_metric, load_truth

PAGE = 'index.html'


def write_report(config: Config,
                 files: Sequence[str],
                 out: str,
                 labels: Sequence[str] = (),
                 num_images: int = 100,
                 score_thr: Optional[float] = None,
                 other_config: Optional[Config] = None) -> Path:
    """Write a page about poses of a test.

    It opens from disk and asks nothing of the network. Pictures lie beside
    it, in a folder.

    Args:
        config (Config): Of the test.
        files (list[str]): One or two files of poses, as
            :func:`~.poses.load_poses` takes them.
        out (str): The folder to write to; made if missing.
        labels (list[str]): Names of the runs. By default those of the files.
        num_images (int): How many images the gallery has, at most, at even
            steps through their crowding. Defaults to 100.
        score_thr (float, optional): From which score on poses are drawn. By
            default from 0.1 on, those of a PINet+ from 0.3 on.
        other_config (Config, optional): Of the second file's test, whose
            metric gives the poses of its dump their scores, and whose model
            says from which score on they are drawn. By default ``config`` is
            both files'.

    Returns:
        Path: The page.

    Raises:
        OSError: If a file cannot be read or written.
        ValueError: If the test or a file of poses is none, see
            :func:`~.truth.load_truth` and :func:`~.poses.load_poses`, or
            labels are not as many as files, or the one file has an
            ``other_config``.
    """
    if not 1 <= len(files) <= 2:
        raise ValueError(f'{len(files)} files of poses: name one, or two to '
                         'see side by side')
    if other_config and len(files) == 1:
        raise ValueError('another config is for a second file, and there is '
                         'one: name the second, or leave its config out')
    labels = list(labels) or _names(files)
    if len(labels) != len(files):
        raise ValueError(f'{len(labels)} labels for {len(files)} files: '
                         'name one a file, or none')
    Path(out).mkdir(parents=True, exist_ok=True)
    contents = [load_poses(file) for file in files]
    truth = load_truth(config)
    configs = [config, other_config or config][:len(files)]
    poses = [
        poses_of(content, file, replace(truth, metric=find_metric(cfg)[0]))
        for content, file, cfg in zip(contents, files, configs)
    ]
    runs = [
        judge(
            _text(label), found, truth,
            shown_from_by_config(cfg.get('model', {}))
            if score_thr is None else score_thr)
        for label, found, cfg in zip(labels, poses, configs)
    ]
    images = gallery_of(truth, runs, num_images, Path(out))
    page = render(configs, truth, runs, images)
    with replaced_when_whole(Path(out) / PAGE) as unfinished:
        unfinished.write_text(page, encoding='utf-8')
    return Path(out) / PAGE


def _names(files: Sequence[str]) -> List[str]:
    names = [Path(file).stem for file in files]
    return names if len(set(names)) == len(names) else list(files)


def _text(name: str) -> str:
    """A name without what UTF-8 cannot hold, as files' names may."""
    return name.encode('utf-8', 'replace').decode()


def render(configs: Sequence[Config], truth: Truth, runs: Sequence[Run],
           images: List[dict]) -> str:
    """Render the page.

    Args:
        configs (list[Config]): Of the runs' tests.
        truth (Truth): Of the test.
        runs (list[Run]): One or two.
        images (list[dict]): See :func:`~.gallery.gallery_of`.

    Returns:
        str: HTML. Whatever comes from files is escaped.
    """
    environment = Environment(
        loader=PackageLoader(__package__, 'templates'),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True)
    environment.filters['percent'] = _percent
    data = dict(
        joints=[name.replace('_', ' ') for name in truth.keypoint_names],
        links=[list(link) for link in truth.metainfo['skeleton_links']],
        runs=[run.name for run in runs],
        errors=list(ERRORS),
        images=images)
    return environment.get_template('report.html').render(
        # one, where both runs have the same
        configs=list(
            dict.fromkeys(
                _text(Path(cfg.filename or 'config').stem)
                for cfg in configs)),
        truth=truth,
        num_images=len(truth.coco.imgs),
        num_persons=len(runs[0].images)
        and sum(len(image.person_ids) for image in runs[0].images.values()),
        measure=CROWDINGS[truth.measure],
        runs=runs,
        errors=ERRORS,
        images=images,
        shown_from=_shown_from(runs),
        limits=dict(good=GOOD_KS, near=NEAR_KS, about=ABOUT_OKS),
        # drawn by Matplotlib, which escapes labels
        crowd_curve=Markup(crowd_curve(runs, truth.bins, truth.measure)),
        gains=Markup(gains(runs)),
        data=_script(data))


def _shown_from(runs: Sequence[Run]) -> str:
    """The least score that is shown: of each run, where they differ."""
    first, *others = [f'{run.score_thr:g} or more' for run in runs]
    if set(others) <= {first}:
        return first
    return ' and '.join(f'{run.score_thr:g} or more ({run.name})'
                        for run in runs)


def _percent(value: float) -> str:
    """AP and the like as tables have them."""
    return '-' if value != value else f'{100 * value:.1f}'


def _script(data: Dict[str, Any]) -> Markup:
    """JSON that no text in it can end the script element of."""
    text = json.dumps(data, separators=(',', ':'), allow_nan=False)
    return Markup(text.replace('<', '\\u003c'))
