# Keypoints are looked for; scores are the paper's.
_base_ = './pinet-plus_hrnet-w32_ochuman.py'

model = dict(head=dict(scoring=None))
