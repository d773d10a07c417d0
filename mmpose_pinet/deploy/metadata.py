"""What an exported file tells of itself, beside its network."""
import json
from dataclasses import asdict, dataclass, fields
from typing import Any, Dict, Optional, Tuple, Union, get_args, get_origin

from mmpose_pinet.arguments import check_number
from mmpose_pinet.fusion import PoseFusion

FORMAT_VERSION = 2


@dataclass(frozen=True)
class FileMetadata:
    """What the reader of an exported file has to know, K keypoints.

    Attributes:
        keypoint_names (tuple[str]): K.
        skeleton_links (tuple[tuple[int, int]]): Pairs of keypoint indices.
        sigmas (tuple[float]): K falloff constants of OKS.
        flip_pairs (tuple[tuple[int, int]]): Left and right keypoints.
        parts (tuple[tuple[int]]): The keypoint indices of each part.
        stride (int): Input px a cell of the heatmaps.
        size_factor (int): Input height and width are multiples of it.
        short_side (int): Pictures are resized until their short side has so
            many px, at least.
        pad_value (tuple[int]): BGR of what lies beyond the picture.
        oks_thr (float, optional): Of :class:`PoseFusion`; ``None``: every
            candidate is a person.
        fuse, soft (bool): Of :class:`PoseFusion`.
        score_thr (float): The least score of a person.
        flip_test (bool): Whether the network looks at the mirrored picture
            as well.
        max_candidates (int): T, candidates of a picture.
        training_data (str): What the weights were trained on.
        licence (str): What they may be used for.
        checkpoint_sha256 (str): Of the file they came from, hexadecimal.
        config (str): The name of the config.
        exported_by (str): The program and its version.
        quantized (bool): Whether the network computes in int8.

    Raises:
        ValueError: If a value is of another kind, or does not fit K.
    """

    keypoint_names: Tuple[str, ...]
    skeleton_links: Tuple[Tuple[int, int], ...]
    sigmas: Tuple[float, ...]
    flip_pairs: Tuple[Tuple[int, int], ...]
    parts: Tuple[Tuple[int, ...], ...]
    stride: int
    size_factor: int
    short_side: int
    pad_value: Tuple[int, int, int]
    oks_thr: Optional[float]
    fuse: bool
    soft: bool
    score_thr: float
    flip_test: bool
    max_candidates: int
    training_data: str
    licence: str
    checkpoint_sha256: str
    config: str
    exported_by: str
    quantized: bool

    def __post_init__(self) -> None:
        for field in fields(self):
            value = _frozen(getattr(self, field.name))
            if not _is_of(value, field.type):
                raise ValueError(f'{field.name} must be '
                                 f'{_name_of(field.type)}, not {value!r}')
            object.__setattr__(self, field.name, value)
        number = len(self.keypoint_names)
        if not number or len(self.sigmas) != number:
            raise ValueError(f'sigmas has {len(self.sigmas)} values for '
                             f'{number} keypoints')
        for key in 'skeleton_links', 'flip_pairs', 'parts':
            for row in getattr(self, key):
                if not set(row) <= set(range(number)):
                    raise ValueError(f'{key} has {list(row)}, but keypoints '
                                     f'are 0 to {number - 1}')
        for key in 'stride', 'size_factor', 'short_side', 'max_candidates':
            if getattr(self, key) < 1:
                raise ValueError(f'{key} must be above 0, not '
                                 f'{getattr(self, key)}')
        if not set(self.pad_value) <= set(range(256)):
            raise ValueError('pad_value must be from 0 to 255, not '
                             f'{list(self.pad_value)}')
        check_number('score_thr', self.score_thr, least=0)
        self.post_processor()  # which refuses sigmas and oks_thr

    def post_processor(self) -> Optional[PoseFusion]:
        """Build what makes persons of candidates, if there is any."""
        if self.oks_thr is None:
            return None
        return PoseFusion(self.sigmas, self.oks_thr, self.fuse, self.soft)

    def to_props(self) -> Dict[str, str]:
        """Turn it into the ``metadata_props`` of an ONNX file.

        Returns:
            dict[str, str]: JSON of each value, and of ``format_version``.
        """
        values = dict(format_version=FORMAT_VERSION, **asdict(self))
        return {key: json.dumps(value) for key, value in values.items()}

    @classmethod
    def from_props(cls, props: Dict[str, str], where: str) -> 'FileMetadata':
        """Read what :meth:`to_props` has written.

        Args:
            props (dict[str, str]): Further keys are left alone.
            where (str): The file, for errors.

        Raises:
            ValueError: If the file is none of ``pinet export``, is of another
                format version, lacks a key, or has a value that cannot be.
        """
        if 'format_version' not in props:
            raise ValueError(f'{where} is no file of `pinet export`: it has '
                             'no format_version in its metadata')
        version = props['format_version']
        if version != json.dumps(FORMAT_VERSION):
            raise ValueError(
                f'{where} has format version {version}, this is a reader of '
                f'version {FORMAT_VERSION}: export the model again, or '
                'install the version of mmpose_pinet that wrote the file')
        values = {}
        for field in fields(cls):
            if field.name not in props:
                raise ValueError(f'the metadata of {where} lacks '
                                 f'{field.name!r}: export the model again')
            try:
                values[field.name] = json.loads(props[field.name])
            except (ValueError, RecursionError) as error:
                raise ValueError(
                    f'the metadata of {where} is damaged: {field.name} is no '
                    f'JSON: {props[field.name]!r:.80}') from error
        try:
            return cls(**values)
        except ValueError as error:
            raise ValueError(
                f'the metadata of {where} is damaged: {error}') from error


def _frozen(value: Any) -> Any:
    """Lists as tuples: a value of a frozen class must not change."""
    if isinstance(value, (list, tuple)):
        return tuple(map(_frozen, value))
    return value


def _is_of(value: Any, kind: Any) -> bool:
    """Whether a value is of an annotated type; whole numbers are floats, but
    no number is a flag."""
    kinds = get_args(kind)
    if get_origin(kind) is Union:
        return any(_is_of(value, one) for one in kinds)
    if get_origin(kind) is tuple:
        if kinds[-1] is Ellipsis:
            return isinstance(value, tuple) and all(
                _is_of(item, kinds[0]) for item in value)
        return isinstance(value, tuple) and len(value) == len(kinds) and all(
            map(_is_of, value, kinds))
    if kind in (int, float) and isinstance(value, bool):
        return False
    return isinstance(value, (int, float) if kind is float else kind)


def _name_of(kind: Any) -> str:
    """``int``, ``Tuple[int, ...]``."""
    return str(kind).replace('typing.',
                             '') if get_args(kind) else kind.__name__
