_base_ = '../pinet_hrnet-w32_ochuman.py'

# PPG + PF, without PR (Table 1a, 1d)
model = dict(head=dict(refinement=None))
