"""From a spec to the words of the builder and of the server: what operator and command line ask alike."""

import math

from model_builder import contract
from model_operator.api import deployment, quantities, runtime, types
from model_serving import settings


def request(
    spec: deployment.ModelDeploymentSpec, *, source_digest: contract.Digest | None, recipe: str
) -> contract.BuildRequest:
    """The request in the builder's own words. A source whose content is known is pinned by it."""
    pvc = spec.model.source.pvc
    return contract.BuildRequest(
        model=contract.Model.model_validate(spec.model.model_dump(exclude={"source"})),
        candidates=spec.build.candidates,
        target=target(spec),
        calibration=spec.build.calibration,
        evaluation=spec.build.evaluation,
        gate=spec.build.gate,
        recipe=recipe,
        source_root=pvc.path if pvc else "",
        source_digest=source_digest,
    )


def target(spec: deployment.ModelDeploymentSpec) -> contract.Target:
    """Where the artifact will run: as it is said, else where it is served."""
    if spec.build.target is not None:
        return spec.build.target
    return contract.Target(gpu=contract.GpuTarget()) if spec.serving.gpu else contract.PORTABLE


def serving(name: str, artifact: contract.Digest, spec: deployment.ModelDeploymentSpec) -> settings.ServingSettings:
    """How an artifact is served under a name."""
    cache, tls = spec.serving.response_cache, spec.serving.tls
    return settings.ServingSettings(
        model_name=name,
        artifact=artifact,
        batching=spec.serving.batching,
        instances=spec.serving.instances,
        gpus=spec.serving.gpu.count if spec.serving.gpu else 0,
        overlay=spec.serving.overlay,
        threads=threads(spec.serving),
        response_cache_bytes=math.ceil(quantities.value(cache.size)) if cache else None,
        sample_every=spec.serving.drift.sample_every if spec.serving.drift else None,
        tls=settings.Tls(client_ca=tls.client_ca) if tls else None,
    )


def threads(serving: runtime.Serving) -> int:
    """Of each execution, so that all copies together keep within the container's CPUs.

    The runtime's own default is every core of the node: beyond the limit the kernel then stops all of them in turns.
    """
    resources = serving.resources
    cpus = quantities.value(resources.limits.get("cpu") or resources.requests.get("cpu") or types.CPU_REQUEST)
    groups = serving.overlay.instance_group if serving.overlay else None
    copies = sum(group.count or serving.instances.count for group in groups or ()) or serving.instances.count
    return max(1, math.ceil(cpus) // copies)
