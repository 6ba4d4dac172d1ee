package lessons

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
)

// Unmet tells why this machine has not what is required; "" if it has all of it.
func Unmet(requires []string) string {
	for _, r := range requires {
		if why := unmet(r); why != "" {
			return why
		}
	}
	return ""
}

// Requirements lists what can be required.
var Requirements = []string{"linux", "cores>=N", "root", "user", "gcc", "strace"}

func unmet(r string) string {
	if n, ok := strings.CutPrefix(strings.ReplaceAll(r, " ", ""), "cores>="); ok {
		want, err := strconv.Atoi(n)
		if err != nil || want < 1 || want > 1024 {
			return fmt.Sprintf("%q is no number of cores from 1 to 1024", n)
		}
		if have := runtime.NumCPU(); have < want {
			return fmt.Sprintf("it needs %d cores, this machine has %d", want, have)
		}
		return ""
	}
	switch r {
	case "linux":
		if runtime.GOOS != "linux" {
			return "it needs Linux, and this is " + runtime.GOOS
		}
	case "root", "user":
		if is := os.Geteuid() == 0; is != (r == "root") {
			return "it needs " + map[string]string{"root": "root", "user": "an ordinary user"}[r]
		}
	case "gcc", "strace":
		if _, err := exec.LookPath(r); err != nil {
			return r + " is not installed here"
		}
	default:
		return fmt.Sprintf("%q is nothing that can be required: choose %s", r, strings.Join(Requirements, ", "))
	}
	return ""
}
