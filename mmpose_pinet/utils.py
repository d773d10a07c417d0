"""What MMEngine calls before it builds anything of ``mmpose_pinet::``.

``mmengine.hub.get_model`` and registries look for a function of this name in
this module. Importing the package has registered its own components; MMPose's
are registered here.
"""
from mmpose.utils import register_all_modules

__all__ = ['register_all_modules']
