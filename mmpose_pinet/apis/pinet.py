"""Poses of pictures in one call."""
from pathlib import Path
from typing import Any, Iterator, List, Optional, Union

from mmpose_pinet.results import Result


class PINet:
    """A trained model that finds the persons of pictures.

    Of a config it runs the test: what it finds is what ``tools/test.py`` and
    MMPose's inferencer find, number for number. An exported file needs
    neither PyTorch nor OpenMMLab.

    It is thread-safe: threads that share one find what each would alone. To
    change weights in a server, make another ``PINet`` and hand requests to
    that one; weights that are loaded into ``model`` while it predicts make
    this prediction a ``RuntimeError``. A forked process must make one of its
    own.

    Args:
        model (str | Path): A config's path, the name of one of this package's
            without ``.py``, or a file of ``pinet export`` (``.onnx``).
        weights (str | Path, optional): The file of a config's weights. By
            default its ``load_from``. An exported file holds its own.
        device (str, optional): Such as ``'cpu'`` or ``'cuda:0'``, for a
            config. By default a GPU if there is one. An exported file runs on
            the CPU.
        score_thr (float, optional): The least score of a person. 0 returns
            every candidate, as average precision wants them. By default 0.1,
            of a PINet+ 0.3, or what an exported file tells.
        precision (str, optional): ``'fp32'``, ``'bf16'`` or ``'fp16'``: what
            the network computes in where that is safe. By default a config's
            ``model.test_cfg.precision``, which is ``'fp32'`` where it is not
            set.
        engine (str, optional): ``'onnxruntime'`` or ``'openvino'``, for an
            exported file. By default OpenVINO if it is installed.
        threads (int, optional): How many an exported file is run by. By
            default what the engine takes.

    Raises:
        ValueError: If there are no weights, they do not fit the model, the
            file is none of ``pinet export``, an argument is none of these or
            has no say in this kind of model, or the processor has not this
            precision.
        FileNotFoundError: If the file of the weights is not there.

    Examples:
        >>> model = PINet('pinet_hrnet-w32_ochuman', 'ochuman.pth')
        >>> model('crowd.jpg')
        3 persons in crowd.jpg, best score 0.52
        >>> for result in model('photographs/', batch_size=8):
        ...     result.save_json(f'{result.source}.json')
    """

    def __init__(self,
                 model: Union[str, Path],
                 weights: Union[str, Path, None] = None,
                 device: Optional[str] = None,
                 score_thr: Optional[float] = None,
                 precision: Optional[str] = None,
                 engine: Optional[str] = None,
                 threads: Optional[int] = None) -> None:
        if Path(model).suffix.lower() == '.onnx':
            _refuse(
                f'{model} is an exported file',
                weights=(weights, 'it holds its own'),
                device=(device, 'it runs on the CPU'))
            from mmpose_pinet.deploy.runtime import PINetRuntime

            self._finder = PINetRuntime(model, engine or 'auto', precision
                                        or 'fp32', threads, score_thr)
        else:
            _refuse(
                f'{model} is a config',
                engine=(engine, 'engines run files of `pinet export`'),
                threads=(threads, 'set OMP_NUM_THREADS in the environment'))
            from .torch_model import TorchModel

            self._finder = TorchModel(model, weights, device, score_thr,
                                      precision)
            self.model = self._finder.model

    def __call__(
            self,
            inputs: Any,
            batch_size: int = 1
    ) -> Union[Result, List[Result], Iterator[Result]]:
        """Find the persons of one picture or of many.

        Arguments, results and errors are those of
        :meth:`mmpose_pinet.pictures.Finder.__call__`.
        """
        return self._finder(inputs, batch_size)

    def predict_video(self,
                      source: Union[str, Path, int],
                      out: Union[str, Path, None] = None,
                      json: Union[str, Path, None] = None,
                      smooth: bool = False,
                      max_missed: int = 25,
                      start_score: float = .2,
                      batch_size: int = 1) -> Iterator[Result]:
        """Find the persons of a video, each with its identity.

        Arguments, results and errors are those of
        :meth:`mmpose_pinet.pictures.Finder.predict_video`.

        Examples:
            >>> for result in model.predict_video('match.mp4', 'tracked.mp4'):
            ...     print(result.ids)
        """
        return self._finder.predict_video(source, out, json, smooth,
                                          max_missed, start_score, batch_size)


def _refuse(kind: str, **arguments: tuple) -> None:
    """Refuse arguments that a kind of model has no use for, and say why."""
    for name, (value, reason) in arguments.items():
        if value is not None:
            raise ValueError(f'{kind}, which takes no {name}: {reason}')
