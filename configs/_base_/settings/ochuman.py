_base_ = '../schedule_140e.py'

# The paper's batch of 20. The file's 3 are for 8 GPUs and make 24, the
# nearest that 8 GPUs can do beside 16; 4 GPUs with 5 each make 20 exactly.
auto_scale_lr = dict(base_batch_size=20)

# OCHuman has no training set: as in the paper, train on val, report on test.
dataset_type = 'CheckedOCHumanDataset'
data_root = 'data/ochuman/'

train_dataloader = dict(
    batch_size=3,
    dataset=dict(
        type=dataset_type,
        data_root=data_root,
        ann_file='annotations/'
        'ochuman_coco_format_val_range_0.00_1.00.json',
        data_prefix=dict(img='images/')))
val_dataloader = dict(
    dataset=dict(
        type=dataset_type,
        data_root=data_root,
        ann_file='annotations/'
        'ochuman_coco_format_test_range_0.00_1.00.json',
        data_prefix=dict(img='images/')))
test_dataloader = val_dataloader
