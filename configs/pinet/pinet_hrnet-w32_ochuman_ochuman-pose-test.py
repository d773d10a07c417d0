_base_ = './pinet_hrnet-w32_ochuman.py'

# The weights of OCHuman val on OCHuman test as OCHuman-Pose labels it: the
# same pictures, with over half more persons. docs/data.md tells where to get
# the file, and that its name is our choice.
test_dataloader = dict(
    dataset=dict(ann_file='annotations/ochuman_pose_test.json'))
