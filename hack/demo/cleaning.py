"""Takes the demo out of a cluster."""

from demo import clusters, steps


def clean(cluster: clusters.Cluster) -> int:
    """Delete what the steps made, but not the definitions: on a cluster of the user's own others may use them."""
    cluster.kubectl("get", "--raw", "/readyz", next_step="Nothing to clean: no cluster answers.")
    cluster.show("kubectl", "delete", "namespace", steps.NAMESPACE, "--ignore-not-found")
    cluster.show("helm", "uninstall", steps.RELEASE, "--namespace", steps.SYSTEM, "--ignore-not-found", "--wait")
    cluster.show("kubectl", "delete", "namespace", steps.SYSTEM, "--ignore-not-found")
    print("The CustomResourceDefinitions stay, as after any uninstall: kubectl delete -f crds/ removes them, and with")
    print("them every ModelDeployment of the cluster.")
    return 0
