"""Pictures of what a test or a validation found, for the eye."""
from collections import Counter
from pathlib import Path
from typing import Optional, Sequence

import mmcv
import mmengine.fileio as fileio
from mmengine.runner import Runner
from mmpose.engine.hooks import PoseVisualizationHook
from mmpose.registry import HOOKS
from mmpose.structures import PoseDataSample, merge_data_samples

from mmpose_pinet.arguments import check_number
from mmpose_pinet.datasets.transforms.load_image import AS_STORED
from mmpose_pinet.models.persons import shown_from

from .model_of import model_of


@HOOKS.register_module()
class PersonVisualizationHook(PoseVisualizationHook):
    """Draw the persons that are likely there, and no boxes.

    Average precision counts all candidates, some eighty of every image, which
    as a drawing hide one another. The stock hook draws them all, with their
    boxes. Here a person is drawn from a score on; what is evaluated stays as
    it is. Images are read as the file stores them, as the samples were (see
    :class:`LoadOrientedImage`).

    Args:
        score_thr (float, optional): The least score of a person that is
            drawn: the ``bbox_scores`` of the predictions, or where a model
            gives none the mean of the keypoints' scores. By default 0.1, of a
            PINet+ 0.3.
        kpt_thr (float): The least score of a keypoint that is drawn. A
            keypoint's score is that of its part times its own, so that hidden
            joints have low ones. Defaults to 0.03.
        **kwargs: Those of :class:`PoseVisualizationHook`.
    """

    def __init__(self,
                 score_thr: Optional[float] = None,
                 kpt_thr: float = 0.03,
                 **kwargs) -> None:
        if score_thr is not None:
            check_number(
                'PersonVisualizationHook: score_thr', score_thr, least=0)
        check_number('PersonVisualizationHook: kpt_thr', kpt_thr, least=0)
        super().__init__(kpt_thr=kpt_thr, **kwargs)
        self.score_thr = score_thr
        self._drawn = Counter()

    def after_val_iter(self, runner: Runner, batch_idx: int, data_batch: dict,
                       outputs: Sequence[PoseDataSample]) -> None:
        """Draw the first image of every ``interval``-th batch."""
        step = runner.iter + batch_idx
        if self.enable and step % self.interval == 0:
            self._visualizer.set_dataset_meta(
                runner.val_evaluator.dataset_meta)
            self._draw(runner, outputs[0], 'val_img', step)

    def after_test_iter(self, runner: Runner, batch_idx: int, data_batch: dict,
                        outputs: Sequence[PoseDataSample]) -> None:
        """Draw every image, to ``out_dir`` if there is one."""
        if not self.enable:
            return
        self._visualizer.set_dataset_meta(runner.test_evaluator.dataset_meta)
        folder = None
        if self.out_dir is not None:
            folder = Path(runner.work_dir) / runner.timestamp / self.out_dir
        for sample in outputs:
            self._test_index += 1
            self._draw(runner, sample, 'test_img', self._test_index, folder)

    def _draw(self,
              runner: Runner,
              sample: PoseDataSample,
              name: str,
              step: int,
              folder: Optional[Path] = None) -> None:
        """Draw one image's likely persons.

        Args:
            runner (Runner): Whose model knows from which score on.
            sample (PoseDataSample): Of one image; it is left as it is.
            name (str): The drawing's, in visualization backends.
            step (int): The drawing's, in visualization backends.
            folder (Path, optional): Where to write the drawing to, instead
                of visualization backends.
        """
        path = Path(sample.img_path)
        content = fileio.get(sample.img_path, backend_args=self.backend_args)
        # MMCV's channel_order='rgb' has no effect on what is read as stored
        image = mmcv.bgr2rgb(mmcv.imfrombytes(content, flag=AS_STORED))
        # a new sample, whose heatmaps are those of the original image
        likely = merge_data_samples([sample])
        persons = likely.pred_instances
        scores = persons.get('bbox_scores', persons.keypoint_scores.mean(-1))
        score_thr = self.score_thr
        if score_thr is None:
            score_thr = shown_from(model_of(runner))
        likely.pred_instances = persons[scores >= score_thr]

        out_file = None
        if folder is not None:
            # images of several folders may have one name
            number = self._drawn[path.stem]
            self._drawn[path.stem] += 1
            out_file = str(folder / f'{path.stem}_{number}{path.suffix}')
        self._visualizer.add_datasample(
            path.name if self.show else name,
            image,
            data_sample=likely,
            draw_gt=False,
            draw_bbox=False,
            draw_heatmap=True,
            show=self.show,
            wait_time=self.wait_time,
            kpt_thr=self.kpt_thr,
            out_file=out_file,
            step=step)
