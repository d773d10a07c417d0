# SPM: one point a person, its centre (Table 1d, without PF)
_base_ = './pinet_hrnet-w32_ochuman_ppg_center.py'
