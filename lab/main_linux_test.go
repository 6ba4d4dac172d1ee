package lab_test

import (
	"testing"

	"ipclab/lab/labtest"
	"ipclab/mechanisms/pipe"
	"ipclab/mechanisms/shm"
)

func TestMain(m *testing.M) { labtest.Main(m, pipe.Mechanism, shm.Mechanism) }
