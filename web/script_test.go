package web

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"ipclab/lab"
)

// A script is a run whose events the test makes.
type script struct {
	id    string
	head  lab.Header
	log   scriptLog
	done  chan struct{}
	once  sync.Once
	mu    sync.Mutex
	sinks []lab.Sink
	did   []string
	now   lab.Outcome // what Examine finds
}

type scriptLog struct {
	mu    sync.RWMutex
	es    []lab.Event
	first uint64
}

func (l *scriptLog) Range() (first, next uint64) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.first, l.first + uint64(len(l.es))
}

func (l *scriptLog) Copy(es []lab.Event, from uint64, max int) []lab.Event {
	l.mu.RLock()
	defer l.mu.RUnlock()
	for i := range l.es {
		if e := &l.es[i]; e.Seq >= from && max > 0 {
			es = append(es, *e)
			max--
		}
	}
	return es
}

func (l *scriptLog) Since(ns int64) uint64 {
	l.mu.RLock()
	defer l.mu.RUnlock()
	for i := range l.es {
		if l.es[i].At >= ns {
			return l.es[i].Seq
		}
	}
	return l.first + uint64(len(l.es))
}

var scripts struct { // ids of eight letters
	sync.Mutex
	n int
}

func newScript(info lab.Info, o lab.Options) *script {
	scripts.Lock()
	defer scripts.Unlock()
	scripts.n++
	id := fmt.Sprintf("script%02d", scripts.n%100)
	return &script{id: id, done: make(chan struct{}), log: scriptLog{first: 1},
		head: lab.Header{Format: 1, Run: id, Epoch: 1, Mechanism: info, Settings: o.Settings, Scene: toy{}.Scene(o.Settings), Mode: o.Mode, Pace: o.Pace, Wall: time.Now()}}
}

func (s *script) ID() string            { return s.id }
func (s *script) Log() recordLog        { return &s.log }
func (s *script) Done() <-chan struct{} { return s.done }
func (s *script) Stop()                 { s.once.Do(func() { close(s.done) }) }
func (s *script) Detach(lab.Sink)       {}
func (s *script) Ended() bool           { return is(s.done) }

func (s *script) Again(o lab.Options) error {
	s.mu.Lock()
	s.head.Settings, s.head.Mode = o.Settings, o.Mode
	s.mu.Unlock()
	s.again()
	return nil
}

func (s *script) Stands() (all []lab.Stand, err error) {
	for _, p := range s.Header().Scene.Procs {
		all = append(all, lab.Stand{Role: p.Role, Gate: p.Gates[0]})
	}
	return all, nil
}

func (s *script) Examine(f func(*lab.Outcome)) error {
	if is(s.done) {
		return errors.New("the run is over")
	}
	s.mu.Lock()
	o := s.now
	o.Mechanism, o.Settings, o.Scene = s.head.Mechanism.ID, s.head.Settings, s.head.Scene
	s.mu.Unlock()
	f(&o)
	return nil
}

// found makes the run look so.
func (s *script) found(t lab.Totals) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now.Totals = t
}

func (s *script) Header() lab.Header {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.head
}

func (s *script) Do(action string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if action == "fail" {
		return fmt.Errorf("do %q: it fails", action)
	}
	s.did = append(s.did, action)
	return nil
}

func (s *script) Attach(k lab.Sink) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sinks = append(s.sinks, k)
	k.Start(&s.head)
}

// tell makes events happen.
func (s *script) tell(es ...lab.Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.log.mu.Lock()
	for i := range es {
		es[i].Seq = s.log.first + uint64(len(s.log.es))
		s.log.es = append(s.log.es, es[i])
	}
	s.log.mu.Unlock()
	for _, k := range s.sinks {
		k.Records(es)
	}
}

func (s *script) sum(a lab.Aggregate) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, k := range s.sinks {
		k.Aggregate(&a)
	}
}

// forget makes the log keep only its newest n records.
func (s *script) forget(n int) {
	s.log.mu.Lock()
	defer s.log.mu.Unlock()
	cut := len(s.log.es) - n
	s.log.es, s.log.first = s.log.es[cut:], s.log.first+uint64(cut)
}

// again is a restart.
func (s *script) again() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.log.mu.Lock()
	s.log.es, s.log.first = nil, 1
	s.log.mu.Unlock()
	s.head.Epoch++
	for _, k := range s.sinks {
		k.Start(&s.head)
	}
}

func (s *script) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, k := range s.sinks {
		k.End(&lab.Outcome{Mechanism: "toy", Seconds: 1})
	}
}
