//go:build linux

#include "textflag.h"

// SLOT finds the next slot, and notes the time in it.
#define SLOT \
	AND  $(4096-1), R10, R11; \
	LSL  $6, R11, R11; \
	ADD  $64, R9, R12; \
	ADD  R11, R12, R12; \
	MOVD $1, R0; \
	MOVD R12, R1; \
	MOVD $113, R8; \
	SVC

// TOLD lets the lab read a slot that is no run.
#define TOLD \
	MOVD 56(R9), R11; \
	ADD  $1, R11; \
	MOVD R11, 56(R9); \
	ADD  $1, R10; \
	STLR R10, (R9)

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
	// Not at once: the main thread may be on its way back into its call, where a signal
	// that comes just before the call would not interrupt it.
	SUB  $16, RSP
	MOVD ZR, 0(RSP)
	MOVD $2000000, R3           // ns
	MOVD R3, 8(RSP)
	MOVD RSP, R0
	MOVD ZR, R1
	MOVD $101, R8               // nanosleep
	SVC
	ADD  $16, RSP
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
	MOVD ZR, 40(R12)            // ran
	ADD  $1, R10
	STLR R10, (R9)              // from now on the lab may read the slot
	MOVD ·handlerLock(SB), R13
	CBNZ R13, try
	RET
try:
	SLOT
	MOVD ·handlerPID(SB), R4
	MOVD ZR, R6
	LDAXRW (R13), R3
	CBNZ R3, found
	STLXRW R4, (R13), R5
	CBNZ R5, try
	MOVD $1, R6
found:
	MOVWU R3, R3
	MOVD R3, 24(R12)            // what it found
	MOVD R6, 32(R12)            // whether it has it now
	MOVD $1, R5
	MOVD R5, 40(R12)            // tried
	TOLD
	CBNZ R6, taken
	MOVD $0x80000000, R5
	ORR  R5, R3, R2             // somebody sleeps
	LDAXRW (R13), R4
	CMPW R3, R4
	BNE  try
	STLXRW R2, (R13), R5
	CBNZ R5, try
	MOVD R2, 48(R9)
	MOVD $1, R0                 // CLOCK_MONOTONIC
	ADD  $32, R9, R1
	MOVD $113, R8               // clock_gettime
	SVC
	MOVD ·handlerHeld(SB), R14
	MOVW (R14), R15
	MOVW ZR, (R14)
	MOVD $1, R5
	ADD  $24, R9, R6
	STLR R5, (R6)               // asleep
	MOVD R13, R0
	MOVD ZR, R1                 // FUTEX_WAIT
	MOVD ZR, R3                 // for ever
	MOVD $98, R8                // futex
	SVC
	STLR ZR, (R6)
	MOVW R15, (R14)
	B    try
taken:
	SLOT
	STLRW ZR, (R13)             // given back: who waits for it cannot be asleep
	MOVD ZR, 24(R12)
	MOVD ZR, 32(R12)
	MOVD $2, R5
	MOVD R5, 40(R12)            // unlocked
	TOLD
	RET

// func handlerAddress() (handler, restorer uintptr)
TEXT ·handlerAddress(SB),NOSPLIT,$0-16
	MOVD $·onSignal(SB), R0
	MOVD R0, handler+0(FP)
	MOVD ZR, restorer+8(FP)     // the kernel's own, in the vDSO
	RET
