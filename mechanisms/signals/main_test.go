package signals

import (
	"testing"

	"ipclab/lab/labtest"
)

func TestMain(m *testing.M) { labtest.Main(m, Mechanism) }
