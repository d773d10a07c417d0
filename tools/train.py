"""MMPose's train.py with PINet registered: same arguments."""
import sys

from mmpose_pinet.apis.mmpose_scripts import run_script

if __name__ == '__main__':
    run_script('train.py', sys.argv[1:])
