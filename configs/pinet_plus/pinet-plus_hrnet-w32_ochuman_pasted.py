# Trains with persons of other images pasted over those of an image.
_base_ = './pinet-plus_hrnet-w32_ochuman.py'

train_pipeline = _base_.train_pipeline
train_pipeline.insert(1, dict(type='BottomupPastePersons', prob=0.5))
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
