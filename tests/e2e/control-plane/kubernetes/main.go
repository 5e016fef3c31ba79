// Command kubernetes is every program of a Kubernetes control plane and node in one file: the name under which it is
// called says which one it is (`kube-apiserver` as a link to it), or else its first argument. One link step and one
// file on disk instead of seven, for programs that share most of their code.
package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	_ "time/tzdata" // time zones of CronJobs on a machine without /usr/share/zoneinfo

	"github.com/spf13/cobra"
	"go.etcd.io/etcd/server/v3/etcdmain"
	_ "k8s.io/client-go/plugin/pkg/client/auth"
	"k8s.io/component-base/cli"
	_ "k8s.io/component-base/logs/json/register"
	_ "k8s.io/component-base/metrics/prometheus/clientgo"
	_ "k8s.io/component-base/metrics/prometheus/version"
	kubectl "k8s.io/kubectl/pkg/cmd"
	"k8s.io/kubectl/pkg/cmd/util"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	controllermanager "k8s.io/kubernetes/cmd/kube-controller-manager/app"
	proxy "k8s.io/kubernetes/cmd/kube-proxy/app"
	scheduler "k8s.io/kubernetes/cmd/kube-scheduler/app"
	kubelet "k8s.io/kubernetes/cmd/kubelet/app"
)

// programs gives each name the function that is its main; the function reads os.Args and returns the exit code.
var programs = map[string]func() int{
	"etcd":                    runEtcd,
	"kube-apiserver":          component(apiserver.NewAPIServerCommand),
	"kube-controller-manager": component(controllermanager.NewControllerManagerCommand),
	"kube-proxy":              component(proxy.NewProxyCommand),
	"kube-scheduler":          component(func() *cobra.Command { return scheduler.NewSchedulerCommand() }),
	"kubectl":                 runKubectl,
	"kubelet":                 component(func() *cobra.Command { return kubelet.NewKubeletCommand(context.Background()) }),
}

func main() {
	if run, ok := selectProgram(); ok {
		os.Exit(run())
	}
	names := make([]string, 0, len(programs))
	for name := range programs {
		names = append(names, name)
	}
	slices.Sort(names)
	fmt.Fprintf(os.Stderr, "usage: kubernetes PROGRAM [FLAG]..., or a link of the program's name to this file\nprograms: %s\n", strings.Join(names, " "))
	os.Exit(2)
}

// selectProgram looks at the name of the call, then at the first argument, which it takes away: a program sees its own
// name in os.Args[0] either way.
func selectProgram() (func() int, bool) {
	if run, ok := programs[filepath.Base(os.Args[0])]; ok {
		return run, true
	}
	if len(os.Args) < 2 {
		return nil, false
	}
	run, ok := programs[os.Args[1]]
	if ok {
		os.Args = os.Args[1:]
	}
	return run, ok
}

// component is the main of a Kubernetes component. The command is made late because making it registers flags and
// feature gates that the components share.
func component(command func() *cobra.Command) func() int {
	return func() int { return cli.Run(command()) }
}

func runKubectl() int {
	if err := cli.RunNoErrOutput(kubectl.NewDefaultKubectlCommand()); err != nil {
		util.CheckErr(err) // prints it as people know it from kubectl and exits
	}
	return 0
}

// runEtcd ends the process itself when etcd fails.
func runEtcd() int {
	etcdmain.Main(os.Args)
	return 0
}
