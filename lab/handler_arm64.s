//go:build linux

#include "textflag.h"

// The kernel calls it with the signal's number in R0 and its siginfo at R1, on the
// stack that Go's runtime keeps for signals. It may use every register: sigreturn,
// to which the link register leads, brings them all back.
TEXT ·onSignal(SB),NOSPLIT|NOFRAME|TOPFRAME,$0-0
	MOVD R0, R2                 // the signal
	MOVD ·handlerPID(SB), R9
	MOVD $178, R8               // gettid
	SVC
	CMP  R9, R0
	BEQ  main
	MOVD R9, R0                 // of this process
	MOVD R9, R1                 // to its main thread
	MOVD $131, R8               // tgkill
	SVC
	RET
main:
	MOVD R2, R0
	MOVD ·handlerRuns(SB), R9
	MOVD (R9), R10
	AND  $(4096-1), R10, R11     // handledSlots
	LSL  $6, R11, R11
	ADD  $64, R9, R12
	ADD  R11, R12, R12          // this run's slot
	MOVW R0, 16(R12)
	MOVWU 8(R1), R3             // si_code
	MOVW R3, 20(R12)
	MOVD 24(R1), R3             // si_value
	MOVD R3, 24(R12)
	MOVD $1, R0                 // CLOCK_MONOTONIC
	MOVD R12, R1
	MOVD $113, R8               // clock_gettime
	SVC
	MOVD ·handlerFlag(SB), R3
again:
	LDAXR (R3), R4
	ADD  $1, R4
	STLXR R4, (R3), R5
	CBNZ R5, again
	SUB  $1, R4
	MOVD R4, 32(R12)            // what it was before
	ADD  $1, R10
	STLR R10, (R9)              // from now on the lab may read the slot
	RET

// func handlerAddress() (handler, restorer uintptr)
TEXT ·handlerAddress(SB),NOSPLIT,$0-16
	MOVD $·onSignal(SB), R0
	MOVD R0, handler+0(FP)
	MOVD ZR, restorer+8(FP)     // the kernel's own, in the vDSO
	RET
