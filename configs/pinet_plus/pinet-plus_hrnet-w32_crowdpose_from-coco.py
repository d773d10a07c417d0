# Starts from a model of COCO, whose refinement has two layers, made fit by
# python tools/model_converters/transfer_keypoints.py \
#     work_dirs/pinet-plus_hrnet-w32_coco/epoch_140.pth \
#     work_dirs/coco_as_crowdpose.pth
_base_ = './pinet-plus_hrnet-w32_crowdpose.py'

load_from = 'work_dirs/coco_as_crowdpose.pth'

model = dict(
    backbone=dict(init_cfg=None), head=dict(refinement=dict(num_layers=2)))
