"""The real manifests against the real API server: once applied, they do not differ.

`MODELSMITH_REWRITE_GOLDEN=1` writes golden/, on which the pure tests of `comparing` run. The parts of the operator run
here without the framework and without a queue: list, handle, list, handle.
"""

import json
import os
import pathlib

import pytest
from edge import clusters, kubelet, processes, resources
from pure import test_routing

from model_operator import (
    answering,
    applying,
    caching,
    comparing,
    connecting,
    kinds,
    listing,
    metrics,
    reading,
    reconciling,
    recording,
    settings,
)

GOLDEN = pathlib.Path(__file__).parent / "golden"


class Stepper:
    """The operator by hand."""

    def __init__(self, connection: connecting.Api, namespace: str):
        self.caches = caching.Caches()
        self.lister = listing.Lister(connection, self.caches, (namespace,), lambda _: None)
        self.applier = applying.Applier(connection, self.caches, lambda _: None)
        self.reconciler = reconciling.Reconciler(
            answering.deciders(settings.from_environment(processes.IMAGES), self.caches, reading.Reader(connection)),
            self.caches,
            self.applier,
            recording.Recorder(connection),
            metrics.Metrics(),
        )
        self.wanted: dict[kinds.Key, kinds.Manifest] = {}
        ensure = self.applier.ensure

        async def noting(desired):
            self.wanted[kinds.key_of(desired, kinds.of_manifest(desired))] = desired
            return await ensure(desired)

        self.applier.ensure = noting

    async def step(self):
        """One look at everything."""
        await self.lister.fill()
        for kind in kinds.OWN:
            for key in list(self.caches.keys(kind)):
                await self.reconciler.handle(key)


@pytest.mark.usefixtures("alone")
async def test_what_was_applied_does_not_differ(namespace: clusters.Namespace, connection):
    stepper = Stepper(connection, namespace.name)
    resources.provide_source(namespace)
    spec = resources.spec(
        replicas=2,
        gpu={"count": 1},
        nodeSelector={"disk": "fast"},
        tolerations=[{"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"}],
        resources={"requests": {"cpu": "1000m", "memory": "2048Mi"}, "limits": {"memory": 4294967296}},
        ingress={"host": f"{namespace.name}.example.com", "tlsSecretName": "tls", "annotations": {"a.b/c": "d"}},
        gateway=test_routing.GATEWAY | {"hostnames": [f"gateway.{namespace.name}.example.com"]},
        networkPolicy={"from": test_routing.PEERS},
        autoscaling={"maxReplicas": 4, "cpu": {}, "metrics": [{"name": "clients", "target": "1500m"}]},
    )
    resources.deploy(namespace, "digits", spec)
    for _ in range(2):
        await stepper.step()
    kubelet.end_build(resources.only_job(namespace), namespace, kubelet.published())
    clusters.until(lambda: _complete(namespace), "the Job is complete")
    for _ in range(3):
        await stepper.step()
    made = {*kinds.CHILDREN, *kinds.ROUTES, kinds.MODEL_BUILD} - {kinds.POD, kinds.CONFIG_MAP}
    assert {key.kind for key in stepper.wanted} == made
    hpa = stepper.wanted.pop(kinds.Key(kinds.HORIZONTAL_POD_AUTOSCALER, namespace.name, "digits"))
    assert not comparing.differs(hpa, namespace.find(kinds.HORIZONTAL_POD_AUTOSCALER, "digits"))
    engine = {"engine": "keda", "metrics": None}
    namespace.patch(kinds.MODEL_DEPLOYMENT, "digits", {"spec": {"serving": {"autoscaling": engine}}})
    for _ in range(3):
        await stepper.step()
    assert kinds.Key(kinds.SCALED_OBJECT, namespace.name, "digits") in stepper.wanted
    for key, desired in stepper.wanted.items():
        live = namespace.find(key.kind, key.name)
        assert not comparing.differs(desired, live), key.name
        if os.environ.get("MODELSMITH_REWRITE_GOLDEN"):
            suffix = key.name.removeprefix("digits") if key.kind == kinds.SERVICE else ""
            _write(f"{key.kind.kind}{suffix}", desired, live)


def _complete(namespace: clusters.Namespace) -> bool:
    conditions = resources.only_job(namespace)["status"].get("conditions") or ()
    return any(each["type"] == "Complete" and each["status"] == "True" for each in conditions)


def _write(name: str, desired: kinds.Manifest, live: kinds.Manifest):
    GOLDEN.mkdir(exist_ok=True)
    content = {"desired": desired, "live": caching.slim(live)}
    (GOLDEN / f"{name}.json").write_text(json.dumps(content, indent=1, sort_keys=True) + "\n")
