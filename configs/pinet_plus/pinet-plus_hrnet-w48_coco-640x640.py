# Beyond the paper, with a wider backbone and a larger input.
_base_ = '../pinet/pinet_hrnet-w48_coco-640x640.py'

model = dict(head=dict(type='PINetPlusHead', post_processor=dict(soft=True)))
