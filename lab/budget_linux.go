package lab

import "golang.org/x/sys/unix"

// checkBudget refuses a run that this machine has no room for, before anything is
// made: workers × (their page, touched as used) and descriptors.
func checkBudget(s Scene) error {
	if _, err := checkScene(s); err != nil {
		return err
	}
	n := int64(len(s.Procs))
	var lim unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &lim); err == nil {
		if left := int64(min(lim.Cur, 1<<20))/8 - 8; n > left { // eight descriptors for each worker
			return &Budget{"processes", n, max(left, 0), "RLIMIT_NOFILE, 8 descriptors for each"}
		}
	}
	var info unix.Sysinfo_t
	if err := unix.Sysinfo(&info); err == nil {
		free := int64(info.Freeram+info.Bufferram) * int64(max(info.Unit, 1)) / 2 // half of it stays free
		if left := free / (pageBytes + 8<<20); n > left {
			return &Budget{"processes", n, left, "free memory, 12 MiB for each and half kept free"}
		}
	}
	return nil
}
