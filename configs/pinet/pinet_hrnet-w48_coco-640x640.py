# A wider backbone and a larger input, for who has the memory.
_base_ = './pinet_hrnet-w32_coco.py'

input_size = (640, 640)

codec = dict(
    _base_.codec, input_size=input_size, heatmap_size=(160, 160))  # stride 4

model = dict(
    backbone=dict(
        extra=dict(
            stage2=dict(num_channels=(48, 96)),
            stage3=dict(num_channels=(48, 96, 192)),
            stage4=dict(num_channels=(48, 96, 192, 384))),
        init_cfg=dict(checkpoint='https://download.openmmlab.com/mmpose/'
                      'pretrain_models/hrnet_w48-8ef0771d.pth')),
    head=dict(
        in_channels=720,  # 48 + 96 + 192 + 384
        decoder=codec))

train_pipeline = _base_.train_pipeline
train_pipeline[1].input_size = input_size  # of BottomupRandomAffine
train_pipeline[-3].encoder = codec  # of GenerateTarget
val_pipeline = _base_.val_pipeline
val_pipeline[1].input_size = input_size  # of BottomupResize

train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
val_dataloader = dict(dataset=dict(pipeline=val_pipeline))
test_dataloader = val_dataloader
