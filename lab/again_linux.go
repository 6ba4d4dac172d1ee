package lab

import (
	"fmt"
	"time"
)

// Again ends the workers and starts new ones with other settings, mode, pace, seed
// and count: a new epoch of the same run. It returns once they are up.
func (r *Run) Again(o Options) error {
	set, err := r.info.Complete(o.Settings)
	if err != nil {
		return err
	}
	if o.Pace, err = checkPace(o.Pace); err != nil {
		return err
	}
	if err := checkBudget(r.m.Scene(set)); err != nil {
		return err
	}
	var was uint32
	err = r.call(func(l *live) error {
		was = l.head.Epoch
		l.keepOptions(func(k *Options) {
			k.Settings, k.Mode, k.Pace, k.Count = set, o.Mode, o.Pace, o.Count
			if o.Seed != 0 {
				k.Seed = o.Seed
			}
		})
		l.restart = true
		return nil
	})
	if err != nil {
		return err
	}
	for r.Header().Epoch == was {
		select {
		case <-r.done:
			if _, err := r.Wait(); err != nil {
				return fmt.Errorf("start anew: %w", err)
			}
			return errOver
		case <-time.After(time.Millisecond):
		}
	}
	return nil
}

// Stands tells where every worker stands now, in the order of the scene.
func (r *Run) Stands() (all []Stand, err error) {
	err = r.call(func(l *live) error {
		if !l.ended {
			l.sample()
			l.flush()
		}
		for i, p := range l.scene.Procs {
			s := Stand{Role: p.Role, Gone: true}
			if i < len(l.procs) {
				s = l.procs[i].stands(p.Gates)
			}
			all = append(all, s)
		}
		return nil
	})
	return all, err
}

func (p *process) stands(gates []string) Stand {
	now := &p.view.now
	s := Stand{Role: p.role, Gone: p.dead.Load(), Stopped: now.state == 'T'}
	switch {
	case s.Gone:
	case p.waiting():
		if g := int(p.held.Load()); g > 0 && g <= len(gates) {
			s.Gate = gates[g-1]
		}
	case now.state == 'S' && now.wait.InCall():
		s.Asleep = now.wait.String()
	}
	return s
}
