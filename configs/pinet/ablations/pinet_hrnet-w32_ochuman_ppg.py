_base_ = '../pinet_hrnet-w32_ochuman.py'

# PPG alone (Table 1a); also PINet without PR and PF (Table 1d)
model = dict(head=dict(refinement=None, post_processor=dict(fuse=False)))
