_base_ = 'mmpose::body_2d_keypoint/topdown_heatmap/coco/' \
    'td-hm_res50_8xb64-210e_coco-256x192.py'

# SimpleBaseline as MMPose publishes it for COCO, on OCHuman as PINet's
# config takes it: trained on val, with annotated boxes, and tested on test,
# with those that a detector finds. README.md tells how to have them found.
custom_imports = dict(imports=['mmpose_pinet'], allow_failed_imports=False)
visualizer = dict(type='PersonVisualizer')

dataset_type = 'CheckedOCHumanDataset'
data_root = 'data/ochuman/'

train_dataloader = dict(
    dataset=dict(
        type=dataset_type,
        data_root=data_root,
        ann_file='annotations/'
        'ochuman_coco_format_val_range_0.00_1.00.json',
        data_prefix=dict(img='images/')))
val_dataloader = dict(
    dataset=dict(
        type=dataset_type,
        data_root=data_root,
        ann_file='annotations/'
        'ochuman_coco_format_test_range_0.00_1.00.json',
        # whose `image_id` are those of ann_file
        bbox_file=f'{data_root}person_detection_results/'
        'ochuman_test.bbox.json',
        data_prefix=dict(img='images/')))
test_dataloader = val_dataloader

# that of the dataset under test, as in PINet's configs
val_evaluator = dict(ann_file=None)
test_evaluator = val_evaluator
