//go:build !amd64

package lab

import "sync/atomic"

// publish stores v so that whoever sees it also sees every store before it.
func publish(p *uint64, v uint64) { atomic.StoreUint64(p, v) }
