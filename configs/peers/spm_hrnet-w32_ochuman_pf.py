_base_ = './spm_hrnet-w32_ochuman.py'

# SPM with PF (Table 1d)
model = dict(head=dict(post_processor=dict(fuse=True)))
