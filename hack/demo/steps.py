"""The steps, each a function of what the ones before it found."""

import dataclasses
import datetime as dt
import json
import sys
from collections.abc import Callable
from pathlib import Path

from demo import asking, clusters, programs, waiting

SYSTEM, NAMESPACE, NAME, RELEASE = "modelsmith-system", "modelsmith-demo", "digits", "modelsmith"
RESTRICTED = "pod-security.kubernetes.io/enforce=restricted"
CHART = "charts/modelsmith"
EXAMPLE = "examples/digits"
MODEL = f"{EXAMPLE}/model"
#: A new value has the operator look again at what it does not watch.
REQUESTED_AT = "modelsmith.dev/requestedAt"
FILES = ("digits.pt", "digits.py", "sample.npz", "test.npz", "train.npz")


@dataclasses.dataclass
class Demo:
    """What is known so far."""

    cluster: clusters.Cluster
    python: str = ""
    images: dict[str, str] = dataclasses.field(default_factory=dict)


def environment(demo: Demo) -> None:
    """Made once per lock file."""
    demo.python = programs.read(sys.executable, "hack/environment.py", "dev").strip()


def cluster(demo: Demo) -> None:
    """The user's own, or the embedded one."""
    demo.cluster.bring_up()


def images(demo: Demo) -> None:
    """Built, or named by the user."""
    demo.images = demo.cluster.images()


def operator(demo: Demo) -> None:
    """The product's own chart, with our images."""
    namespace(demo, SYSTEM)
    values = [word for image, reference in demo.images.items() for word in ("--set", f"images.{image}={reference}")]
    programs.say(f"helm upgrade --install {RELEASE} {CHART} --namespace {SYSTEM} --set images...")
    programs.read(
        "helm",
        "upgrade",
        "--install",
        RELEASE,
        CHART,
        "--namespace",
        SYSTEM,
        *values,
        environment=demo.cluster.environment,
    )
    waiting.until_available(demo.cluster, SYSTEM, f"{RELEASE}-operator")


def training(demo: Demo) -> None:
    """Unless that was done before."""
    made = [programs.ROOT / MODEL / name for name in FILES]
    sources = [programs.ROOT / EXAMPLE / name for name in ("train.py", "digits.py")]
    if all(file.exists() for file in made) and _newest(sources) < _oldest(made):
        programs.say(f"is there, in {MODEL}")
        return
    programs.show(demo.python, f"{EXAMPLE}/train.py", environment={"CUDA_VISIBLE_DEVICES": ""})


def applying(demo: Demo) -> None:
    """What a user does."""
    namespace(demo, NAMESPACE)
    programs.say(f"kubectl create configmap digits-model --from-file={MODEL}")
    made = demo.cluster.kubectl(
        "-n", NAMESPACE, "create", "configmap", "digits-model", f"--from-file={MODEL}", "--dry-run=client", "-o", "json"
    )
    before = version(demo, "configmap/digits-model")
    # Server-side: the annotation of a client-side apply holds 256 KiB at most.
    demo.cluster.kubectl("-n", NAMESPACE, "apply", "--server-side", "--force-conflicts", "-f", "-", stdin=made)
    programs.say(f"kubectl apply -f {EXAMPLE}/modeldeployment.yaml")
    demo.cluster.show("kubectl", "-n", NAMESPACE, "apply", "-f", f"{EXAMPLE}/modeldeployment.yaml")
    if before not in {"", version(demo, "configmap/digits-model")}:
        renew(demo)


def renew(demo: Demo) -> None:
    """Have a changed model looked at now: users' ConfigMaps are not watched."""
    now = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
    programs.say(f"The model changed: kubectl annotate mdep {NAME} {REQUESTED_AT}={now}")
    build = waiting.build(demo.cluster, NAMESPACE, NAME)
    demo.cluster.kubectl("-n", NAMESPACE, "annotate", "--overwrite", "mdep", NAME, f"{REQUESTED_AT}={now}")
    waiting.until_another_build(demo.cluster, NAMESPACE, NAME, build)


def version(demo: Demo, resource: str) -> str:
    """Version of an object, empty when there is none."""
    return demo.cluster.kubectl(
        "-n", NAMESPACE, "get", resource, "--ignore-not-found", "-o", "jsonpath={.metadata.resourceVersion}"
    )


def waited(demo: Demo) -> None:
    """The operator does the rest."""
    waiting.until_ready(demo.cluster, NAMESPACE, NAME)


def looking(demo: Demo) -> None:
    """The report card."""
    demo.cluster.show("kubectl", "-n", NAMESPACE, "get", "mdep", "-o", "wide")


def asked(demo: Demo) -> None:
    """As a client does."""
    asking.predict(demo.cluster, demo.python, NAMESPACE, NAME, f"{MODEL}/sample.npz")


#: Heading and step.
ALL: tuple[tuple[str, Callable[[Demo], None]], ...] = (
    ("Python environment from the lock file", environment),
    ("Kubernetes", cluster),
    ("Images", images),
    ("Operator, by Helm, where Pod Security is enforced", operator),
    ("Model: a small convolutional network, trained on scikit-learn's digits", training),
    ("Namespace, ConfigMap and ModelDeployment", applying),
    ("Build, check and roll out, until Ready", waited),
    ("kubectl get mdep -o wide", looking),
    ("Ask the served model about a digit that it was not trained on", asked),
)


def namespace(demo: Demo, name: str) -> None:
    """Have a namespace in which nothing but restricted pods may run."""
    manifest = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
    demo.cluster.kubectl("apply", "--server-side", "-f", "-", stdin=json.dumps(manifest))
    demo.cluster.kubectl("label", "--overwrite", "namespace", name, RESTRICTED)


def _newest(files: list[Path]) -> float:
    return max(file.stat().st_mtime for file in files)


def _oldest(files: list[Path]) -> float:
    return min(file.stat().st_mtime for file in files)
