_base_ = './dekr_hrnet-w32_ochuman.py'

# DEKR with PF in place of its NMS (Table 1d)
model = dict(
    head=dict(
        type='FusedDEKRHead',
        post_processor=dict(
            type='PoseFusion', oks_thr=0.7, sigmas=_base_.sigmas)))
