_base_ = [
    '../_base_/settings/crowdpose.py',
    '../_base_/models/higherhrnet_hrnet-w32.py',
]

# from the head and the torso to the limbs
order = [12, 13, 0, 1, 6, 7, 2, 3, 8, 9, 4, 5, 10, 11]
model = dict(
    head=dict(num_keypoints=14, decoder=dict(decode_keypoint_order=order)))

train_pipeline = [*_base_.augmentation, *_base_.targets]
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))

# a person's score is that of the keypoints that were grouped, refined or not
val_evaluator = dict(score_mode='bbox')
test_evaluator = val_evaluator
