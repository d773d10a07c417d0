_base_ = '../schedule_140e.py'

# The paper's batch of 40: 8 GPUs with 5 each.
auto_scale_lr = dict(base_batch_size=40)

data_root = 'data/coco/'

train_dataloader = dict(
    batch_size=5,
    dataset=dict(
        type='LabelledCocoDataset',
        # images with at most 10 labelled keypoints are left out
        filter_cfg=dict(min_labelled_keypoints=11),
        data_root=data_root,
        ann_file='annotations/person_keypoints_train2017.json',
        data_prefix=dict(img='train2017/')))
val_dataloader = dict(
    dataset=dict(
        type='CheckedCocoDataset',
        data_root=data_root,
        ann_file='annotations/person_keypoints_val2017.json',
        data_prefix=dict(img='val2017/')))
test_dataloader = val_dataloader
