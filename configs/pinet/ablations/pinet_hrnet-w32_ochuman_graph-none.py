_base_ = '../pinet_hrnet-w32_ochuman.py'

# Joints are refined each by itself (Table 1c, no GCN)
model = dict(head=dict(refinement=dict(graph='none')))
