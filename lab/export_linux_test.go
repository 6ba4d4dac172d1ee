package lab

// FailAt lets a worker stop itself at a point of its next call: see failpoint.
func (r *Run) FailAt(role string, at uint32) error {
	return r.call(func(l *live) error {
		l.procs[l.scene.ProcNumber(role)-1].fail.Store(at)
		return nil
	})
}
