package pipe

import "ipclab/lab"

var experiments = []lab.Experiment{}
