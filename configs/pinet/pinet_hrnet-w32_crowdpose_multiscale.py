_base_ = './pinet_hrnet-w32_crowdpose.py'

# Tested at scales 1, 0.5 and 2 (Sec. 4.2). Weights are those of the base.
model = _base_.multiscale_model
val_pipeline = _base_.multiscale_pipeline
val_dataloader = dict(dataset=dict(pipeline=val_pipeline))
test_dataloader = val_dataloader
