_base_ = '../pinet_hrnet-w32_ochuman.py'

# The skeleton's graph stays as it is (Table 1c, static graph)
model = dict(head=dict(refinement=dict(graph='static')))
