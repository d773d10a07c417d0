"""What stands between a backbone and a head."""
from .concat_fpn import ConcatFPN

__all__ = ['ConcatFPN']
