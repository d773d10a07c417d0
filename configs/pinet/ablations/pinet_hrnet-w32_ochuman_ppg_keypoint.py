_base_ = './pinet_hrnet-w32_ochuman_ppg.py'

# PPG with another partition of the body (Table 1b)
codec = dict(_base_.codec, parts='keypoint')
model = dict(head=dict(decoder=codec))
train_pipeline = _base_.train_pipeline
train_pipeline[-3].encoder = codec  # of GenerateTarget
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
