# Scores know OKS; keypoints stay where refinement puts them.
_base_ = './pinet-plus_hrnet-w32_ochuman.py'

model = dict(head=dict(localisation=None))
