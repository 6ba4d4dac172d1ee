//go:build !linux

package main

import "syscall"

// errnoName can only give the text: the numbers are Linux's.
func errnoName(e syscall.Errno) string { return e.Error() }
