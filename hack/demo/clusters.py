"""Where the demo runs: the embedded cluster, or the user's own."""

import abc
import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from cluster import building, images, layout, pins
from demo import errors, programs

#: Image of the chart -> target of the Dockerfile in the embedded cluster. NVIDIA's Triton cannot be pulled everywhere.
TARGETS = {"operator": "operator", "builder": "builder", "serving": "serving", "triton": "triton-dev"}
#: Variables that name the images for a cluster of the user's own.
VARIABLE = "MODELSMITH_IMAGES_{}"
NO_IMAGES = """\
A cluster of your own pulls images from a registry that only you know, and no image is published yet.
Not set: {}"""
BUILD = """\
Build each target of the Dockerfile and push it where your cluster can pull it:
          docker build --target operator --tag REGISTRY/modelsmith/operator .
          docker push REGISTRY/modelsmith/operator
      (and so for builder and serving), set the variables to the references, and run `make demo` again.
      Or unset KUBECONFIG: then the demo brings up a cluster of its own on this machine."""
CLUSTER = programs.ROOT / "hack" / "cluster"


class Cluster(abc.ABC):
    """A cluster to talk to by kubectl and helm."""

    def __init__(self, kubeconfig: str, tools: str) -> None:
        """Take what KUBECONFIG is to be, and the folder of kubectl and helm (empty: they are on PATH)."""
        path = os.pathsep.join(filter(None, (tools, os.environ["PATH"])))
        self.environment = {"KUBECONFIG": kubeconfig, "PATH": path}

    def kubectl(self, *words: str, stdin: str = "", next_step: str = "") -> str:
        """What kubectl prints."""
        return programs.read("kubectl", *words, environment=self.environment, stdin=stdin, next_step=next_step)

    def show(self, program: str, *words: str, next_step: str = "") -> str:
        """Run kubectl or helm for the person who watches."""
        return programs.show(program, *words, environment=self.environment, next_step=next_step)

    @abc.abstractmethod
    def bring_up(self) -> None:
        """Have it answer. Raises DemoError."""

    @abc.abstractmethod
    def images(self) -> dict[str, str]:
        """Image of the chart -> reference, as far as the chart has no default that would do. Raises DemoError."""

    @property
    def embedded(self) -> bool:
        """Is it the one on this machine, whose ClusterIPs can be reached from here?"""
        return False


class Embedded(Cluster):
    """The one of hack/cluster."""

    def __init__(self) -> None:
        """Nothing is started yet."""
        super().__init__(str(layout.kubeconfig()), str(pins.tools()))

    def bring_up(self) -> None:
        """`python3 hack/cluster up`."""
        programs.show(sys.executable, CLUSTER, "up", next_step="`make cluster-status` shows every part and its state.")

    def images(self) -> dict[str, str]:
        """`python3 hack/cluster images`."""
        programs.show(sys.executable, CLUSTER, "images", next_step="Mend what it says, and run `make demo` again.")
        built = images.references()
        return {image: built[target] for image, target in TARGETS.items()}

    @property
    def embedded(self) -> bool:
        """Yes."""
        return True


class Own(Cluster):
    """What the user's KUBECONFIG names."""

    def __init__(self, kubeconfig: str) -> None:
        """Use the user's own kubectl and helm where there are some."""
        there = all(map(shutil.which, ("kubectl", "helm")))
        super().__init__(kubeconfig, "" if there else str(pins.tools()))
        self._tools_missing = not there

    def bring_up(self) -> None:
        """See that it answers."""
        if self._tools_missing:
            programs.say("kubectl or helm is not installed: building both (about ten minutes, once)")
            building.ensure(pins.KUBERNETES)
        self.kubectl(
            "get",
            "--raw",
            "/readyz",
            next_step="See that KUBECONFIG names a cluster that runs, or unset it: "
            "then the demo brings up one of its own on this machine.",
        )
        programs.say(f"using your cluster: {self.kubectl('config', 'current-context').strip()}")

    def images(self) -> dict[str, str]:
        """From the environment: only the user knows which registry that cluster can pull from."""
        named = {image: os.environ.get(VARIABLE.format(image.upper()), "") for image in TARGETS}
        missing = [VARIABLE.format(image.upper()) for image in ("operator", "builder", "serving") if not named[image]]
        if missing:
            raise errors.DemoError(NO_IMAGES.format(", ".join(missing)), BUILD)
        return {image: reference for image, reference in named.items() if reference}


def choose(environment: Mapping[str, str]) -> Cluster:
    """A KUBECONFIG set by the user wins."""
    given = environment.get("KUBECONFIG", "")
    return Own(given) if given and Path(given) != layout.kubeconfig() else Embedded()
