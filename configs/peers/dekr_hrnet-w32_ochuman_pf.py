_base_ = './dekr_hrnet-w32_ochuman.py'

# DEKR with PF in place of its NMS (Table 1d)
model = dict(
    head=dict(
        type='FusedDEKRHead',
        post_processor=dict(
            type='PoseFusion',
            oks_thr=0.7,
            # COCO's, which no codec of PINet tells this head
            sigmas=[
                0.026, 0.025, 0.025, 0.035, 0.035, 0.079, 0.079, 0.072, 0.072,
                0.062, 0.062, 0.107, 0.107, 0.087, 0.087, 0.089, 0.089
            ])))
