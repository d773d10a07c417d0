# SPM: one point a person, its centre, and a whole pose from there. It is PPG
# with one part (Table 1b), whose best candidate of each person stays.
_base_ = './pinet_hrnet-w32.py'

codec = dict(_base_.codec, parts='center')
model = dict(
    head=dict(decoder=codec, refinement=None, post_processor=dict(fuse=False)))
targets = _base_.targets
targets[0].encoder = codec  # of GenerateTarget
