"""Puts CrowdPose as its authors give it where the configs look for it."""
import sys
from functools import partial

from authors_files import Prepared, main

from mmpose_pinet.command_line import run_command

# The paper: 20,000 images, split 5 : 1 : 4, with about 80,000 persons, of
# whom it gives no count a split.
NUM_IMAGES = dict(train=10000, val=2000, test=8000)
FILES = [
    Prepared(f'mmpose_crowdpose_{split}.json', [f'crowdpose_{split}.json'],
             num_images) for split, num_images in NUM_IMAGES.items()
]
FILES.append(
    Prepared('mmpose_crowdpose_trainval.json',
             ['crowdpose_train.json', 'crowdpose_val.json'],
             NUM_IMAGES['train'] + NUM_IMAGES['val']))

if __name__ == '__main__':
    sys.exit(
        run_command(
            partial(
                main, 'Put CrowdPose as its authors give it (images and '
                'crowdpose_{train,val,test}.json) into the layout of the '
                'configs: train and val are merged to trainval.',
                'python tools/dataset_converters/prepare_crowdpose.py '
                '~/downloads/CrowdPose', 'data/crowdpose', FILES)))
