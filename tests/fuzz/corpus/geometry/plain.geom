a/min_fs = 0
a/max_fs = 1
a/min_ss = 0
a/max_ss = 1
a/corner_x = 1
a/corner_y = 2
