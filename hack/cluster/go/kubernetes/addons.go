package main

import (
	"errors"
	"log/slog"
	"os"

	_ "github.com/coredns/coredns/core/dnsserver"
	"github.com/coredns/coredns/coremain"
	distribution "github.com/distribution/distribution/v3/registry"
	helmcmd "helm.sh/helm/v4/pkg/cmd"
	helmkube "helm.sh/helm/v4/pkg/kube"

	// The DNS plugins that our Corefile names, the registry's one storage and
	// its passwords. All the others bring the clients of every cloud with them.
	_ "github.com/coredns/coredns/plugin/bind"
	_ "github.com/coredns/coredns/plugin/cache"
	_ "github.com/coredns/coredns/plugin/errors"
	_ "github.com/coredns/coredns/plugin/forward"
	_ "github.com/coredns/coredns/plugin/health"
	_ "github.com/coredns/coredns/plugin/kubernetes"
	_ "github.com/coredns/coredns/plugin/loadbalance"
	_ "github.com/coredns/coredns/plugin/ready"
	_ "github.com/distribution/distribution/v3/registry/auth/htpasswd"
	_ "github.com/distribution/distribution/v3/registry/storage/driver/filesystem"
)

func coredns() { coremain.Run() }

func registry() {
	if err := distribution.RootCmd.Execute(); err != nil {
		os.Exit(1)
	}
}

// helm is the upstream main: the field manager is named here because it would
// otherwise follow the program's name.
func helm() {
	helmkube.ManagedFieldsManager = "helm"
	command, err := helmcmd.NewRootCmd(os.Stdout, os.Args[1:], helmcmd.SetupLogging)
	if err != nil {
		slog.Warn("command failed", slog.Any("error", err))
		os.Exit(1)
	}
	if err := command.Execute(); err != nil {
		if failure, ok := errors.AsType[helmcmd.CommandError](err); ok {
			os.Exit(failure.ExitCode)
		}
		os.Exit(1)
	}
}
