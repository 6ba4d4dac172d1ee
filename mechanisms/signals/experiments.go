package signals

import "ipclab/lab"

var experiments = []lab.Experiment{}
