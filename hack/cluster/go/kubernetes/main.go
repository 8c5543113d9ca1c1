// One program that is all of Kubernetes' host processes: its name chooses.
//
// Linking them together shares most of the compilation and of the disk. The
// build links every name below to this file; see modules.py.
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"syscall"
)

// programs maps a name to what runs under it. Each main leaves through os.Exit
// or returns for status 0.
var programs = map[string]func(){
	"coredns":                 coredns,
	"etcd":                    etcd,
	"helm":                    helm,
	"kube-apiserver":          apiserver,
	"kube-controller-manager": controllerManager,
	"kube-proxy":              kubeProxy,
	"kube-scheduler":          scheduler,
	"kubectl":                 kubectl,
	"kubelet":                 kubelet,
	"pki":                     pki,
	"registry":                registry,
}

func main() {
	dieWithParent()
	name := filepath.Base(os.Args[0])
	run, known := programs[name]
	if !known {
		fmt.Fprintf(os.Stderr, "%s: run this by one of the names %s\n", name, strings.Join(names(), ", "))
		os.Exit(2)
	}
	run()
}

// dieWithParent asks the kernel for SIGKILL when the parent ends, however it
// ends: a test run that crashes must not leave an API server behind.
func dieWithParent() {
	const parentVariable = "MODELSMITH_DIE_WITH_PARENT"
	parent := os.Getenv(parentVariable)
	if parent == "" {
		return
	}
	os.Unsetenv(parentVariable)
	syscall.RawSyscall(syscall.SYS_PRCTL, syscall.PR_SET_PDEATHSIG, uintptr(syscall.SIGKILL), 0)
	if fmt.Sprint(os.Getppid()) != parent {
		os.Exit(1) // the parent was gone before we asked
	}
}

func names() []string {
	all := make([]string, 0, len(programs))
	for name := range programs {
		all = append(all, name)
	}
	sort.Strings(all)
	return all
}
