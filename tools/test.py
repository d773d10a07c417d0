"""MMPose's test.py with PINet registered: same arguments."""
import sys
from functools import partial

from mmpose_pinet.apis.mmpose_scripts import run_script
from mmpose_pinet.command_line import run_command

if __name__ == '__main__':
    sys.exit(run_command(partial(run_script, 'test.py', sys.argv[1:])))
