"""An empty child of each registry of MMPose, in the scope ``mmpose_pinet``.

MMEngine marks what a config takes from ``mmpose_pinet::`` with
``_scope_='mmpose_pinet'`` and builds it from the registries of that scope.
The components themselves are registered with MMPose, where configs without a
scope of their own find them; a child asks its parent for all it has not.
"""
import mmpose.registry
from mmengine.registry import Registry

SCOPE = 'mmpose_pinet'

for _parent in list(vars(mmpose.registry).values()):
    if isinstance(_parent, Registry) and _parent.scope == 'mmpose':
        # It names no locations to import from: for such a registry MMEngine
        # calls `mmpose_pinet.utils.register_all_modules`.
        Registry(_parent.name, parent=_parent, scope=SCOPE)
