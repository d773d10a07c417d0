_base_ = './dekr_hrnet-w32_ochuman.py'

# DEKR with PF in place of its NMS (Table 1d)
model = dict(
    post_processor=dict(type='PoseFusion', skeleton='coco', oks_thr=0.7),
    test_cfg=dict(nms_dist_thr=0))
