# A backbone that every device knows, and a neck after it.
_base_ = './pinet_hrnet-w32_coco.py'

model = dict(
    backbone=dict(
        _delete_=True,
        type='ResNet',
        depth=50,
        out_indices=(0, 1, 2, 3),  # strides 4, 8, 16, 32
        init_cfg=dict(type='Pretrained', checkpoint='torchvision://resnet50')),
    neck=dict(
        type='FPN',
        in_channels=[256, 512, 1024, 2048],
        # 4 levels with 128 are 512 channels, near HRNet-W32's 480; with the
        # usual 256 the refinement alone has 8 M parameters.
        out_channels=128,
        num_outs=4),
    head=dict(in_channels=512))
