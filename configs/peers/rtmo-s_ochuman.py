_base_ = './rtmo-s_coco.py'

# As in the paper, train on val, report on test.
data = dict(
    type='CheckedOCHumanDataset',
    data_root='data/ochuman/',
    data_prefix=dict(img='images/'))
train_dataloader = dict(
    dataset=dict(
        ann_file='annotations/'
        'ochuman_coco_format_val_range_0.00_1.00.json',
        **data))
val_dataloader = dict(
    dataset=dict(
        ann_file='annotations/'
        'ochuman_coco_format_test_range_0.00_1.00.json',
        **data))
test_dataloader = val_dataloader
val_evaluator = dict(ann_file='data/ochuman/annotations/'
                     'ochuman_coco_format_test_range_0.00_1.00.json')
test_evaluator = val_evaluator
