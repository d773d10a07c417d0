_base_ = 'mmpose::_base_/default_runtime.py'

# registers PINet's components
custom_imports = dict(imports=['mmpose_pinet'], allow_failed_imports=False)
