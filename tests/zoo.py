"""Models of MMPose by their configs, and the pictures that they read."""
import ast
from pathlib import Path
from typing import Any, Dict, List

import mmpose
from mmengine.config import Config
from mmengine.dataset import pseudo_collate
from mmengine.hub import get_config
from mmpose.registry import DATASETS

FOLDER = 'body_2d_keypoint'
DEKR = 'dekr/coco/dekr_hrnet-w32_8xb10-140e_coco-512x512'
CID = 'cid/coco/cid_hrnet-w32_8xb20-140e_coco-512x512'
AE = 'associative_embedding/coco/ae_hrnet-w32_8xb24-300e_coco-512x512'
RTMO = 'rtmo/coco/rtmo-s_8xb32-600e_coco-640x640'
ED_POSE = 'edpose/coco/edpose_res50_8xb2-50e_coco-800x1333'
# what the sizes in a config, in px or cells, become for a test
SMALL = {
    (512, 512): (128, 128),
    (128, 128): (32, 32),
    (640, 640): (128, 128),
    (800, 1333): (128, 128),
}


def read_config(name: str) -> Config:
    """Read a config of MMPose at a small size."""
    return _resize(get_config(f'mmpose::{FOLDER}/{name}.py'))


def read_ed_pose() -> Config:
    """Read the config of ED-Pose at a small size, without the bases that it
    names: they are modules of a clone of MMPose, which its wheel lacks."""
    file = Path(mmpose.__file__).parent / f'.mim/configs/{FOLDER}/{ED_POSE}.py'
    code = ast.parse(file.read_text())
    code.body = [node for node in code.body if not isinstance(node, ast.With)]
    names: Dict[str, Any] = dict(train_cfg={}, default_hooks={})
    exec(compile(code, str(file), 'exec'), names)
    cfg = _resize(
        Config(dict(model=names['model'], val_pipeline=names['val_pipeline'])))
    # queries of boxes: no more than the cells of a small picture; those of
    # persons: enough for the 50 that the codec takes
    cfg.model.head.num_queries = cfg.model.head.out_head.num_queries = 100
    cfg.model.head.decoder.num_group = 50
    return cfg


def _resize(value: Any) -> Any:
    if isinstance(value, tuple) and value in SMALL:
        return SMALL[value]
    if isinstance(value, Config):
        return Config(_resize(value.to_dict()))
    if isinstance(value, dict):
        return {key: _resize(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(map(_resize, value))
    return value


def training_pipeline(cfg: Config) -> List[dict]:
    """Steps of a config that need no second picture."""
    return cfg.get('train_pipeline_stage2') or cfg.train_pipeline


def read_batch(pipeline: List[dict], crowd: Path, test: bool = False) -> dict:
    """One drawn picture of persons, out of a pipeline of MMPose."""
    data = DATASETS.build(
        dict(
            type='CocoDataset',
            data_mode='bottomup',
            data_root=str(crowd),
            ann_file='annotations/train.json',
            data_prefix=dict(img='train/'),
            test_mode=test,
            pipeline=pipeline))
    return pseudo_collate([data[0]])
