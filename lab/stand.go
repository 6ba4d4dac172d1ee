package lab

// A Stand tells where a worker stands: at a gate, asleep in the kernel, stopped or
// gone. If none of them, it is on its way.
type Stand struct {
	Role    string
	Gate    string // the operation that it waits to be let go for
	Asleep  string // the place where it sleeps, as in Wait
	Stopped bool
	Gone    bool
}

// OnItsWay reports whether it will soon stand elsewhere, by itself.
func (s *Stand) OnItsWay() bool { return s.Gate == "" && s.Asleep == "" && !s.Stopped && !s.Gone }
