//go:build linux

#include "textflag.h"

// The kernel calls it with the signal's number in DI and its siginfo at SI, on the
// stack that Go's runtime keeps for signals. It may use every register: sigreturn
// brings them all back.
TEXT ·onSignal(SB),NOSPLIT|NOFRAME|TOPFRAME,$0-0
	MOVQ ·handlerPID(SB), R9
	MOVL $186, AX               // gettid
	SYSCALL
	CMPQ AX, R9
	JEQ  main
	MOVQ DI, DX                 // the signal
	MOVQ R9, DI                 // of this process
	MOVQ R9, SI                 // to its main thread
	MOVL $234, AX               // tgkill
	SYSCALL
	RET
main:
	MOVQ ·handlerRuns(SB), R8
	MOVQ (R8), R9
	MOVQ R9, R12
	ANDQ $(4096-1), R12          // handledSlots
	SHLQ $6, R12
	LEAQ 64(R8)(R12*1), R12     // this run's slot
	MOVL DI, 16(R12)
	MOVL 8(SI), AX              // si_code
	MOVL AX, 20(R12)
	MOVQ 24(SI), AX             // si_value
	MOVQ AX, 24(R12)
	MOVL $228, AX               // clock_gettime
	MOVL $1, DI                 // CLOCK_MONOTONIC
	MOVQ R12, SI
	SYSCALL
	MOVQ ·handlerFlag(SB), AX
	MOVL $1, DX
	LOCK
	XADDQ DX, (AX)
	MOVQ DX, 32(R12)            // what it was before
	LOCK
	INCQ (R8)                   // from now on the lab may read the slot
	RET

// Where the handler returns to.
TEXT ·onReturn(SB),NOSPLIT|NOFRAME|TOPFRAME,$0-0
	MOVL $15, AX                // rt_sigreturn
	SYSCALL
	INT $3

// func handlerAddress() (handler, restorer uintptr)
TEXT ·handlerAddress(SB),NOSPLIT,$0-16
	LEAQ ·onSignal(SB), AX
	MOVQ AX, handler+0(FP)
	LEAQ ·onReturn(SB), AX
	MOVQ AX, restorer+8(FP)
	RET
