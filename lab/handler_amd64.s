//go:build linux

#include "textflag.h"

// SLOT finds the next slot, and notes the time in it.
#define SLOT \
	MOVQ (R8), R12; \
	ANDQ $(4096-1), R12; \
	SHLQ $6, R12; \
	LEAQ 64(R8)(R12*1), R12; \
	MOVL $228, AX; \
	MOVL $1, DI; \
	MOVQ R12, SI; \
	SYSCALL

// TOLD lets the lab read a slot that is no run.
#define TOLD \
	LOCK; \
	INCQ 56(R8); \
	LOCK; \
	INCQ (R8)

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
	// Not at once: the main thread may be on its way back into its call, where a signal
	// that comes just before the call would not interrupt it.
	SUBQ $16, SP
	MOVQ $0, 0(SP)
	MOVQ $2000000, 8(SP)        // ns
	MOVQ SP, DI
	XORL SI, SI
	MOVL $35, AX                // nanosleep
	SYSCALL
	ADDQ $16, SP
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
	MOVQ $0, 40(R12)            // ran
	LOCK
	INCQ (R8)                   // from now on the lab may read the slot
	MOVQ ·handlerLock(SB), R13
	TESTQ R13, R13
	JNE  try
	RET
try:
	SLOT
	XORL AX, AX
	MOVL ·handlerPID(SB), DX
	LOCK
	CMPXCHGL DX, (R13)
	SETEQ DX
	MOVBQZX DX, DX
	MOVL AX, AX
	MOVQ AX, 24(R12)            // what it found
	MOVQ DX, 32(R12)            // whether it has it now
	MOVQ $1, 40(R12)            // tried
	TOLD
	TESTQ DX, DX
	JNE  taken
	MOVL AX, DX
	ORL  $0x80000000, DX        // somebody sleeps
	LOCK
	CMPXCHGL DX, (R13)
	JNE  try
	MOVQ DX, 48(R8)
	MOVL $228, AX               // clock_gettime
	MOVL $1, DI                 // CLOCK_MONOTONIC
	LEAQ 32(R8), SI
	SYSCALL
	MOVQ ·handlerHeld(SB), R14
	MOVL (R14), R15
	MOVL $0, (R14)
	MOVQ $1, 24(R8)             // asleep
	MOVL $202, AX               // futex
	MOVQ R13, DI
	XORL SI, SI                 // FUTEX_WAIT
	XORL R10, R10               // for ever
	SYSCALL
	MOVQ $0, 24(R8)
	MOVL R15, (R14)
	JMP  try
taken:
	SLOT
	XORL AX, AX
	XCHGL AX, (R13)             // given back: who waits for it cannot be asleep
	MOVQ $0, 24(R12)
	MOVQ $0, 32(R12)
	MOVQ $2, 40(R12)            // unlocked
	TOLD
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
