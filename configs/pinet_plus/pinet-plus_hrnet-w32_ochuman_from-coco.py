# Starts from a model of COCO, whose refinement has two layers.
_base_ = './pinet-plus_hrnet-w32_ochuman.py'

load_from = 'work_dirs/pinet-plus_hrnet-w32_coco/epoch_140.pth'

model = dict(
    backbone=dict(init_cfg=None), head=dict(refinement=dict(num_layers=2)))
