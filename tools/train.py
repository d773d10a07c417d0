"""MMPose's train.py with PINet registered: same arguments."""
from mmpose_script import run

if __name__ == '__main__':
    run('train.py')
