# RTMO in its published setting, which is not PINet's: 640 px, 600 epochs,
# AdamW, mosaics, a backbone of its own.
_base_ = 'mmpose::body_2d_keypoint/rtmo/coco/' \
    'rtmo-s_8xb32-600e_coco-640x640.py'

# registers PINet's components
custom_imports = dict(imports=['mmpose_pinet'], allow_failed_imports=False)
visualizer = dict(type='PersonVisualizer')
