# The 14 keypoints of CrowdPose
num_keypoints = 14
skeleton = 'crowdpose'
sigmas = [
    0.079, 0.079, 0.072, 0.072, 0.062, 0.062, 0.107, 0.107, 0.087, 0.087,
    0.089, 0.089, 0.079, 0.079
]
