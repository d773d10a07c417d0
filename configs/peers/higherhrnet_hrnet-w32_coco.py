_base_ = '../pinet/pinet_hrnet-w32_coco.py'

# HigherHRNet in PINet's setting (Sec. 4.2), as the paper's tables compare it;
# its own codec, losses and test are those published with it. Keypoints are
# grouped from the head and the torso to the limbs.
codec = dict(
    type='HigherAssociativeEmbedding',
    input_size=(512, 512),
    heatmap_size=(128, 128),
    sigma=2,
    decode_keypoint_order=[
        0, 1, 2, 3, 4, 5, 6, 11, 12, 7, 8, 9, 10, 13, 14, 15, 16
    ],
    decode_topk=30,
    decode_max_instances=30)
fine_codec = dict(codec, heatmap_size=(256, 256))

model = dict(
    # the finest map alone
    backbone=dict(extra=dict(stage4=dict(multiscale_output=False))),
    head=dict(
        _delete_=True,
        type='HigherHRNetHead',
        in_channels=32,
        num_keypoints=17,
        keypoint_loss=dict(type='KeypointMSELoss'),
        tag_loss=dict(type='AssociativeEmbeddingLoss', loss_weight=0.001),
        decoder=dict(codec, heatmap_size=codec['input_size'])))

train_pipeline = _base_.train_pipeline
train_pipeline[-3] = dict(
    type='GenerateTarget', multilevel=True, encoder=[codec, fine_codec])
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))

# a person's score is that of the keypoints that were grouped, refined or not
val_evaluator = dict(score_mode='bbox')
test_evaluator = val_evaluator

# nothing of PINet's codec is kept
codec = dict(codec, _delete_=True)
