package lessons

import (
	"strconv"
	"strings"
)

// Linux's names of errors and signals by their numbers, also where a recording is
// judged on another system.

var errnos = strings.Fields(`-
	EPERM ENOENT ESRCH EINTR EIO ENXIO E2BIG ENOEXEC EBADF ECHILD EAGAIN ENOMEM EACCES EFAULT ENOTBLK EBUSY EEXIST EXDEV
	ENODEV ENOTDIR EISDIR EINVAL ENFILE EMFILE ENOTTY ETXTBSY EFBIG ENOSPC ESPIPE EROFS EMLINK EPIPE EDOM ERANGE EDEADLK
	ENAMETOOLONG ENOLCK ENOSYS ENOTEMPTY ELOOP - ENOMSG EIDRM ECHRNG EL2NSYNC EL3HLT EL3RST ELNRNG EUNATCH ENOCSI EL2HLT
	EBADE EBADR EXFULL ENOANO EBADRQC EBADSLT - EBFONT ENOSTR ENODATA ETIME ENOSR ENONET ENOPKG EREMOTE ENOLINK EADV
	ESRMNT ECOMM EPROTO EMULTIHOP EDOTDOT EBADMSG EOVERFLOW ENOTUNIQ EBADFD EREMCHG ELIBACC ELIBBAD ELIBSCN ELIBMAX
	ELIBEXEC EILSEQ ERESTART ESTRPIPE EUSERS ENOTSOCK EDESTADDRREQ EMSGSIZE EPROTOTYPE ENOPROTOOPT EPROTONOSUPPORT
	ESOCKTNOSUPPORT EOPNOTSUPP EPFNOSUPPORT EAFNOSUPPORT EADDRINUSE EADDRNOTAVAIL ENETDOWN ENETUNREACH ENETRESET
	ECONNABORTED ECONNRESET ENOBUFS EISCONN ENOTCONN ESHUTDOWN ETOOMANYREFS ETIMEDOUT ECONNREFUSED EHOSTDOWN EHOSTUNREACH
	EALREADY EINPROGRESS ESTALE EUCLEAN ENOTNAM ENAVAIL EISNAM EREMOTEIO EDQUOT ENOMEDIUM EMEDIUMTYPE ECANCELED ENOKEY
	EKEYEXPIRED EKEYREVOKED EKEYREJECTED EOWNERDEAD ENOTRECOVERABLE ERFKILL EHWPOISON`)

// errnoName names the error behind a negative return value.
func errnoName(ret int32) string {
	n := -int64(ret)
	switch {
	case n <= 0:
		return ""
	case n < int64(len(errnos)) && errnos[n] != "-":
		return errnos[n]
	}
	return "E" + strconv.FormatInt(n, 10)
}

var signalNames = strings.Fields("- HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM " +
	"STKFLT CHLD CONT STOP TSTP TTIN TTOU URG XCPU XFSZ VTALRM PROF WINCH IO PWR SYS")

// maxSignal is the last signal of Linux.
const maxSignal = 64

// signalName gives SIGUSR1; SIG38 for a real-time signal.
func signalName(n int) string {
	if n > 0 && n < len(signalNames) {
		return "SIG" + signalNames[n]
	}
	return "SIG" + strconv.Itoa(n)
}

// signalNumber is the inverse of signalName.
func signalNumber(name string) (int, bool) {
	for n := 1; n <= maxSignal; n++ {
		if signalName(n) == name {
			return n, true
		}
	}
	return 0, false
}

// signalsIn lists the signals of a mask.
func signalsIn(mask uint64) []string {
	all := []string{}
	for n := 1; n <= maxSignal; n++ {
		if mask&(1<<(n-1)) != 0 {
			all = append(all, signalName(n))
		}
	}
	return all
}
