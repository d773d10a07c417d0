_base_ = './pinet_hrnet-w32_crowdpose.py'

# Tested at scales 1, 0.5 and 2 (Sec. 4.2). Weights are those of the base.
model = dict(
    data_preprocessor=dict(type='PyramidDataPreprocessor'),
    test_cfg=dict(multiscale_test=True))

val_pipeline = [
    _base_.val_pipeline[0],
    dict(_base_.val_pipeline[1], aug_scales=[0.5, 2]),
    dict(_base_.val_pipeline[2], type='PackPyramidInputs'),
]
val_dataloader = dict(dataset=dict(pipeline=val_pipeline))
test_dataloader = val_dataloader
