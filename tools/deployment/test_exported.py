"""Test an exported file on the test set of a config: its AP.

Nothing but the data and the metrics is the config's; the numbers compare with
those of ``pinet test CONFIG CHECKPOINT``.
"""
import argparse
import sys

import mmpose_pinet  # noqa: F401  before MMPose, for environments without ops

# isort: split
from mmpose_pinet.apis.configs import ConfigOptions, load_config
from mmpose_pinet.apis.evaluate import evaluate
from mmpose_pinet.apis.zoo import find_config
from mmpose_pinet.command_line import count, run_command
from mmpose_pinet.deploy.runtime import PINetRuntime


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        'config', type=find_config, help="a config's path or name")
    parser.add_argument('file', help='a file of `pinet export`')
    parser.add_argument(
        '--engine',
        default='auto',
        choices=['auto', 'onnxruntime', 'openvino'],
        help='auto: OpenVINO if it is installed')
    parser.add_argument(
        '--precision', default='fp32', choices=['fp32', 'bf16', 'fp16'])
    parser.add_argument('--threads', type=count, help='of the engine')
    parser.add_argument(
        '--cfg-options',
        nargs='+',
        action=ConfigOptions,
        default={},
        help='keys of the config to set, such as '
        'test_dataloader.dataset.data_root=FOLDER')
    return parser.parse_args()


def main() -> None:
    args = parse_args()
    config = load_config(args.config, args.cfg_options)
    model = PINetRuntime(
        args.file, args.engine, args.precision, args.threads, score_thr=0)
    metrics = evaluate(model, config)
    for name, value in metrics.items():
        print(f'{name}: {value:.4f}')


if __name__ == '__main__':
    sys.exit(run_command(main))
