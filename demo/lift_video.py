"""3D poses of each person in a video: PINet finds and tracks them, a lifter
of MMPose lifts each track.

MMPose's own Pose3DInferencer lifts several persons a frame from top-down
models alone.
"""
import argparse
import json
import sys
from typing import List

from mmengine.structures import InstanceData
from mmpose.apis import (convert_keypoint_definition, extract_pose_sequence,
                         inference_pose_lifter_model, init_model)
from mmpose.structures import PoseDataSample

from mmpose_pinet.apis import PINet
from mmpose_pinet.apis.configs import load_config
from mmpose_pinet.apis.weights import load_weights
from mmpose_pinet.command_line import output_file, run_command
from mmpose_pinet.results import Result
from mmpose_pinet.system.whole_file import replaced_when_whole

# The names that MMPose's conversion has for skeletons, by their keypoints
SKELETONS = {17: 'coco', 14: 'crowdpose'}


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description='3D poses of each person in a video.')
    parser.add_argument('video', help='a file')
    parser.add_argument('config', help="a config of PINet's, path or name")
    parser.add_argument('checkpoint', help='its weights')
    parser.add_argument(
        'lifter',
        help="a config of MMPose's body_3d_keypoint "
        'that lifts to the skeleton of Human3.6M')
    parser.add_argument('lifter_checkpoint', help='its weights')
    parser.add_argument('--out', type=output_file, default='lifted.json')
    parser.add_argument('--device', default='cpu')
    return parser.parse_args()


def as_samples(result: Result) -> List[PoseDataSample]:
    """The persons of a frame as MMPose's lifters take them, a sample each, in
    the keypoints of Human3.6M."""
    number = result.keypoints.shape[1]
    if number not in SKELETONS:
        raise ValueError(f'MMPose cannot turn {number} keypoints into those '
                         'of Human3.6M: take a model of COCO or CrowdPose')
    samples = []
    for person in result:
        keypoints = convert_keypoint_definition(person.keypoints[None],
                                                SKELETONS[number], 'h36m')
        sample = PoseDataSample(
            gt_instances=InstanceData(),
            pred_instances=InstanceData(
                keypoints=keypoints, bboxes=person.bbox[None]))
        sample.set_field(person.id, 'track_id')
        samples.append(sample)
    return samples


def lift(results: List[Result], lifter) -> List[dict]:
    """Lift each person of each frame from the frames around it.

    Args:
        results (list[Result]): Of all frames, with identities.
        lifter (nn.Module): Of ``init_model``.

    Returns:
        list[dict]: ``frame``, ``id`` and ``keypoints_3d`` (17, 3) of each, in
        the unit and the axes of the lifter.
    """
    around = lifter.cfg.test_dataloader.dataset
    frames = [as_samples(result) for result in results]
    lifted = []
    for number, result in enumerate(results):
        sequence = extract_pose_sequence(frames, number,
                                         around.get('causal', False),
                                         around.get('seq_len', 1),
                                         around.get('seq_step', 1))
        found = inference_pose_lifter_model(
            lifter, sequence, image_size=result.image_size, norm_pose_2d=True)
        lifted += [
            dict(
                frame=number,
                id=person.id,
                keypoints_3d=sample.pred_instances.keypoints.reshape(
                    -1, 3).tolist()) for person, sample in zip(result, found)
        ]
    return lifted


def main() -> None:
    args = parse_args()
    model = PINet(args.config, args.checkpoint, args.device)
    frames = model.predict_video(args.video, smooth=True)
    cfg = load_config(args.lifter)
    if cfg.model.type != 'PoseLifter':
        raise ValueError(f'{args.lifter} is no lifter, but a {cfg.model.type}')
    lifter = init_model(cfg, device=args.device)
    load_weights(lifter, args.lifter_checkpoint)
    results = list(frames)
    lifted = lift(results, lifter)
    with replaced_when_whole(args.out) as unfinished:
        unfinished.write_text(json.dumps(lifted))
    print(f'{len({person["id"] for person in lifted})} persons in '
          f'{len(results)} frames, lifted to {args.out}')


if __name__ == '__main__':
    sys.exit(run_command(main))
