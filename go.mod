module ipclab

go 1.26
