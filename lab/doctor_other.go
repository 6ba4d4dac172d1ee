//go:build !linux

package lab

import "runtime"

func lookingProbes([]Mechanism) []probe { return nil }
func limitProbes() []probe              { return nil }

func kernelName() string { return runtime.GOOS + " " + runtime.GOARCH }
