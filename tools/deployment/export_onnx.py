"""Write a trained PINet to one ONNX file: ``pinet export`` from a clone."""
import sys

from mmpose_pinet.cli import main

if __name__ == '__main__':
    raise SystemExit(main(['export', *sys.argv[1:]]))
