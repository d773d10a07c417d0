_base_ = './pinet_hrnet-w32_ochuman_ppg.py'

# PPG with another partition of the body (Table 1b)
codec = dict(_base_.codec, parts='center')
model = dict(head=dict(decoder=codec))

train_pipeline = [
    *_base_.augmentation,
    dict(type='GenerateTarget', encoder=codec),
    *_base_.train_pipeline[-2:],
]
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
