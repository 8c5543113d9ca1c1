"""From a spec to the words of the builder and of the server: what operator and command line ask alike."""

from model_builder import contract
from model_operator.api import deployment
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
    return settings.ServingSettings(
        model_name=name,
        artifact=artifact,
        batching=spec.serving.batching,
        instances=spec.serving.instances,
        gpus=spec.serving.gpu.count if spec.serving.gpu else 0,
    )
