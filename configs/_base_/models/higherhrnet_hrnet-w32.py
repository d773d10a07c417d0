# HigherHRNet: associative embedding with heatmaps of two resolutions. Codec,
# losses and test are those published with it.
_base_ = './ae_hrnet-w32.py'

fine_codec = dict(_base_.codec, heatmap_size=(256, 256))

model = dict(head=dict(type='HigherHRNetHead'))

targets = _base_.targets
targets[0].encoder = [_base_.codec, fine_codec]  # of GenerateTarget
