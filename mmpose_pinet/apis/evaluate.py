"""How good poses are on a config's test set, whatever finds them."""
from typing import Dict

from mmengine.config import Config
from mmengine.dataset import pseudo_collate
from mmengine.evaluator import Evaluator
from mmengine.registry import DefaultScope
from mmengine.structures import InstanceData
from mmpose.registry import DATASETS

from mmpose_pinet.pictures import Finder
from mmpose_pinet.results import Result


def evaluate(model: Finder, config: Config) -> Dict[str, float]:
    """Hold a model against the test set of a config, by its evaluator.

    Pictures are read as the config's test reads them, annotations and metrics
    are the config's: the numbers compare with those of ``pinet test``. All
    else, from resizing to fusion, is the model's.

    Args:
        model (Finder): Such as a ``PINetRuntime``, with ``score_thr=0``:
            average precision wants all candidates.
        config (Config): With ``test_dataloader`` and ``test_evaluator``.

    Returns:
        dict[str, float]: Metrics by name, such as ``'coco/AP'``.

    Raises:
        FileNotFoundError: If the data are not there.
        ValueError: If the model has other keypoints than the test set.
    """
    with DefaultScope.overwrite_default_scope('mmpose'):
        dataset = DATASETS.build(config.test_dataloader.dataset)
        evaluator = Evaluator(config.test_evaluator)
        evaluator.dataset_meta = dataset.metainfo
        read = dataset.pipeline.transforms[0]
        names = dataset.metainfo['keypoint_id2name']
        names = tuple(names[i] for i in range(len(names)))
        for number in range(len(dataset)):
            data = dataset[number]
            result = model(read(dataset.get_data_info(number))['img'])
            if result.keypoint_names != names:
                raise ValueError(
                    f'the model finds {list(result.keypoint_names)}, but the '
                    f'test set of {config.filename} has {list(names)}')
            data['data_samples'].pred_instances = _instances(result)
            evaluator.process([data['data_samples']], pseudo_collate([data]))
        return evaluator.evaluate(len(dataset))


def _instances(result: Result) -> InstanceData:
    """Persons as MMPose's metrics read them."""
    return InstanceData(
        keypoints=result.keypoints,
        keypoint_scores=result.keypoint_scores,
        bboxes=result.bboxes,
        bbox_scores=result.bbox_scores)
