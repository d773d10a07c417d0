_base_ = './pinet_hrnet-w32_coco.py'

# COCO's weights on the crowds of OCHuman test (Table 5)
test_dataloader = dict(
    dataset=dict(
        type='CheckedOCHumanDataset',
        data_root='data/ochuman/',
        ann_file='annotations/'
        'ochuman_coco_format_test_range_0.00_1.00.json',
        data_prefix=dict(img='images/')))
