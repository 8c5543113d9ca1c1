package main

import (
	"context"
	"os"

	"github.com/spf13/cobra"
	"go.etcd.io/etcd/server/v3/etcdmain"
	"k8s.io/component-base/cli"
	"k8s.io/component-base/logs"
	kubectlcmd "k8s.io/kubectl/pkg/cmd"
	kubectlutil "k8s.io/kubectl/pkg/cmd/util"
	apiserverapp "k8s.io/kubernetes/cmd/kube-apiserver/app"
	controllersapp "k8s.io/kubernetes/cmd/kube-controller-manager/app"
	proxyapp "k8s.io/kubernetes/cmd/kube-proxy/app"
	schedulerapp "k8s.io/kubernetes/cmd/kube-scheduler/app"
	kubeletapp "k8s.io/kubernetes/cmd/kubelet/app"

	// Linked for what they register.
	_ "k8s.io/client-go/plugin/pkg/client/auth"
	_ "k8s.io/component-base/logs/json/register"
	_ "k8s.io/component-base/metrics/prometheus/clientgo"
	_ "k8s.io/component-base/metrics/prometheus/version"
)

func etcd()              { etcdmain.Main(os.Args) }
func apiserver()         { runCommand(apiserverapp.NewAPIServerCommand()) }
func controllerManager() { runCommand(controllersapp.NewControllerManagerCommand()) }
func scheduler()         { runCommand(schedulerapp.NewSchedulerCommand()) }
func kubeProxy()         { runCommand(proxyapp.NewProxyCommand()) }
func kubelet()           { runCommand(kubeletapp.NewKubeletCommand(context.Background())) }

func runCommand(command *cobra.Command) { os.Exit(cli.Run(command)) }

// kubectl is the upstream main: verbosity is read before the command exists,
// so that plugin lookup can log too.
func kubectl() {
	_, _ = logs.GlogSetter(kubectlcmd.GetLogVerbosity(os.Args))
	if err := cli.RunNoErrOutput(kubectlcmd.NewDefaultKubectlCommand()); err != nil {
		kubectlutil.CheckErr(err)
	}
}
