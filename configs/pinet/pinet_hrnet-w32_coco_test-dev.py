_base_ = './pinet_hrnet-w32_coco.py'

# COCO keeps the keypoints of test-dev to itself: the test writes
# `outfile_prefix`.keypoints.json, to be submitted to COCO's server (Table 5).
test_dataloader = dict(
    dataset=dict(
        ann_file='annotations/image_info_test-dev2017.json',
        data_prefix=dict(img='test2017/')))
test_evaluator = dict(
    format_only=True,
    outfile_prefix='work_dirs/pinet_hrnet-w32_coco_test-dev/'
    'person_keypoints_test-dev2017_pinet_results')
