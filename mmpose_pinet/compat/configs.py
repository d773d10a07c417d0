"""Lets configs be named ``mmpose_pinet::pinet/...``, as ``mmpose::...`` are.

Importing this module adds the package to MMEngine's table of those whose
configs it finds by such a name, as a ``_base_`` and in ``get_config``.
"""
from mmengine.config.utils import MODULE2PACKAGE

# MMEngine looks for a distribution of this name, and then for a module. As a
# distribution it would be sought in site-packages, also where the package was
# installed in place (pip install -e) and lies elsewhere; as a module it is
# found wherever it was imported from.
MODULE2PACKAGE['mmpose_pinet'] = 'mmpose_pinet.version'
