# RTMO in its published setting, which is not PINet's: see rtmo-s_coco.py.
_base_ = 'mmpose::body_2d_keypoint/rtmo/crowdpose/' \
    'rtmo-s_8xb32-700e_crowdpose-640x640.py'

# registers PINet's components
custom_imports = dict(imports=['mmpose_pinet'], allow_failed_imports=False)
visualizer = dict(type='PersonVisualizer')

images = dict(img='crowdpose/images/')
train_dataloader = dict(dataset=dict(data_prefix=images))
val_dataloader = dict(dataset=dict(data_prefix=images))
test_dataloader = val_dataloader
