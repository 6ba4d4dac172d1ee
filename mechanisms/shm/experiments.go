package shm

import "ipclab/lab"

var experiments = []lab.Experiment{}
