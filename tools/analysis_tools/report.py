"""Write a page about poses of a test: `pinet report`, with its arguments."""
import sys

from mmpose_pinet.cli import main

if __name__ == '__main__':
    sys.exit(main(['report', *sys.argv[1:]]))
