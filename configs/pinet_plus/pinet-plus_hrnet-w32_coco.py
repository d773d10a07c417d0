# Beyond the paper: keypoints that are looked for, and scores that know OKS.
_base_ = '../pinet/pinet_hrnet-w32_coco.py'

model = dict(head=dict(type='PINetPlusHead', post_processor=dict(soft=True)))
