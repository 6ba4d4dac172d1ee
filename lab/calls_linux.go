package lab

import "golang.org/x/sys/unix"

// callNumbers are the numbers under which /proc/PID/syscall shows a call.
var callNumbers = [callEnd][]int64{
	CallRead:           {unix.SYS_READ},
	CallWrite:          {unix.SYS_WRITE},
	CallFcntl:          {unix.SYS_FCNTL},
	CallFutex:          {unix.SYS_FUTEX},
	CallKill:           {unix.SYS_KILL},
	CallRtSigqueueinfo: {unix.SYS_RT_SIGQUEUEINFO},
	CallRtSigtimedwait: {unix.SYS_RT_SIGTIMEDWAIT},
	CallSemop:          {unix.SYS_SEMOP, unix.SYS_SEMTIMEDOP},
	CallNanosleep:      {unix.SYS_NANOSLEEP, unix.SYS_CLOCK_NANOSLEEP},
	CallSchedYield:     {unix.SYS_SCHED_YIELD},
	CallClose:          {unix.SYS_CLOSE},
	CallIoctl:          {unix.SYS_IOCTL},
	CallRtSigprocmask:  {unix.SYS_RT_SIGPROCMASK},
	CallRtSigaction:    {unix.SYS_RT_SIGACTION},
	CallRtSigsuspend:   {unix.SYS_RT_SIGSUSPEND},
	CallPause:          {sysPause},
	CallPpoll:          {unix.SYS_PPOLL},
	CallWait4:          {unix.SYS_WAIT4},
	CallShmget:         {unix.SYS_SHMGET},
	CallShmat:          {unix.SYS_SHMAT},
	CallShmctl:         {unix.SYS_SHMCTL},
	CallFtruncate:      {unix.SYS_FTRUNCATE},
	CallUnlinkat:       {unix.SYS_UNLINKAT},
}
