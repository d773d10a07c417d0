"""Poses of one picture: python demo/image_demo.py IMAGE CONFIG CKPT."""
import argparse
from pathlib import Path

import mmcv
from mmengine.device import get_device

# before anything of MMPose: with mmcv-lite, it makes MMPose importable
import mmpose_pinet  # noqa: F401  # isort: split
from mmpose.apis import inference_bottomup, init_model
from mmpose.registry import VISUALIZERS

from mmpose_pinet.apis.zoo import find_config


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('image', help='picture to look at')
    parser.add_argument(
        'config', type=find_config, help='config of a bottom-up model')
    parser.add_argument('checkpoint', help='its weights')
    parser.add_argument(
        '--out', default='poses.jpg', help='picture to write the poses to')
    parser.add_argument('--device', default=get_device())
    parser.add_argument(
        '--score-thr',
        type=float,
        default=0.1,
        help='least score of a person that is drawn')
    return parser.parse_args()


def main() -> None:
    args = parse_args()
    for file in (args.image, args.checkpoint):
        if not Path(file).is_file():
            raise SystemExit(f'{file} is no file')
    model = init_model(args.config, args.checkpoint, device=args.device)
    sample = inference_bottomup(model, args.image)[0]
    found = sample.pred_instances
    sample.pred_instances = found[found.bbox_scores > args.score_thr]

    image = mmcv.imread(args.image, channel_order='rgb')
    visualizer = VISUALIZERS.build(model.cfg.visualizer)
    visualizer.set_dataset_meta(model.dataset_meta)
    # lines that can be seen on a picture of any size
    visualizer.line_width = max(1, round(min(image.shape[:2]) / 200))
    visualizer.radius = visualizer.line_width + 2
    visualizer.add_datasample(
        'poses', image, sample, draw_gt=False, kpt_thr=0.03, out_file=args.out)
    print(f'{len(sample.pred_instances)} persons, drawn to {args.out}')


if __name__ == '__main__':
    main()
