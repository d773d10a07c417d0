"""``python -m mmpose_pinet``: the command ``pinet``."""
import sys

from .cli import main

sys.exit(main())
