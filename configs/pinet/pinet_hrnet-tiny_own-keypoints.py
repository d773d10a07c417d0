# A slim PINet for keypoints of one's own: nine of a gecko. Its data:
# python tools/dataset_converters/draw_geckos.py data/geckos
_base_ = './pinet_hrnet-tiny_drawn-crowd.py'

# names, links, mirror pairs and sigmas of the keypoints
metainfo = '{{ fileDirname }}/../_base_/datasets/gecko.py'
input_size = (128, 128)

codec = dict(
    input_size=input_size,
    heatmap_size=(32, 32),
    skeleton=metainfo,
    parts=[['snout', 'neck', 'left_hand', 'right_hand'],
           ['neck', 'belly', 'hip'],
           ['hip', 'tail', 'left_foot', 'right_foot']])
model = dict(head=dict(decoder=codec))

train_pipeline = _base_.train_pipeline
train_pipeline[1].input_size = input_size  # of BottomupRandomAffine
train_pipeline[4].encoder.update(codec)  # of GenerateTarget
val_pipeline = _base_.val_pipeline
val_pipeline[1].input_size = input_size  # of BottomupResize

data = dict(metainfo=dict(from_file=metainfo), data_root='data/geckos/')
train_dataloader = dict(dataset=dict(pipeline=train_pipeline, **data))
val_dataloader = dict(dataset=dict(pipeline=val_pipeline, **data))
test_dataloader = val_dataloader
val_evaluator = dict(iou_type='keypoints')
test_evaluator = val_evaluator

train_cfg = dict(max_epochs=4, val_interval=4)
param_scheduler = _base_.param_scheduler
param_scheduler[1].T_max = 4
