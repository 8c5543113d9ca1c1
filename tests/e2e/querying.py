"""What is measured, asked where autoscalers and people ask: Prometheus, and the metrics APIs of the cluster."""

import json
import urllib.parse
import urllib.request

from cluster import scraping
from e2e import kube

TIMEOUT = 10
LABELS = ("namespace", "pod", "deployment", "track", "revision")


def series(expression: str) -> list[tuple[dict[str, str], float]]:
    """Labels and value of each series that Prometheus has now for an expression."""
    url = f"{scraping.URL}/api/v1/query?{urllib.parse.urlencode({'query': expression})}"
    with urllib.request.urlopen(url, timeout=TIMEOUT) as answer:  # noqa: S310 - our own http URL
        found = json.load(answer)["data"]["result"]
    return [(one["metric"], float(one["value"][1])) for one in found]


def custom(namespace: str, metric: str) -> dict[str, str]:
    """Pod -> the value of a custom metric, as a HorizontalPodAutoscaler reads it."""
    found = raw(f"/apis/custom.metrics.k8s.io/v1beta1/namespaces/{namespace}/pods/*/{metric}")
    return {one["describedObject"]["name"]: one["value"] for one in found["items"]}


def usage(namespace: str) -> dict[str, set[str]]:
    """Pod -> its containers whose processor and memory use are known."""
    found = raw(f"/apis/metrics.k8s.io/v1beta1/namespaces/{namespace}/pods")
    return {
        one["metadata"]["name"]: {each["name"] for each in one["containers"] if {"cpu", "memory"} <= set(each["usage"])}
        for one in found["items"]
    }


def raw(path: str) -> kube.Manifest:
    """What the API server answers at a path."""
    return json.loads(kube.kubectl("get", "--raw", path))
