_base_ = '../pinet_hrnet-w32_ochuman.py'

# PPG + PR, without PF (Table 1a)
model = dict(head=dict(post_processor=dict(fuse=False)))
