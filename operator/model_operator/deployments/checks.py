"""Why a ModelDeployment cannot be carried out as it is written: each check is named for what it finds.

Here is what the API server's schema and rules cannot say. The message names the field and the next step.
"""

from collections.abc import Callable, Mapping

from model_builder import contract
from model_operator import conditions, kinds, locations, names, reasons
from model_operator.api import asking, deployment, quantities, types
from model_operator.deployments import children, hosting, permitting, protecting, requests, state
from model_operator.deployments.manifests import parts, server

Reason = reasons.Reason
Finding = conditions.Finding
STUCK = conditions.Outlook.STUCK
Check = Callable[[state.Observed, deployment.ModelDeploymentSpec], Finding | None]


def requests_above_limits(_: state.Observed, spec: deployment.ModelDeploymentSpec) -> Finding | None:
    """The pods would be refused, one by one and for ever."""
    for path, asked in _resources(spec).items():
        for name, request in asked.requests.items():
            if name in asked.limits and quantities.value(request) > quantities.value(asked.limits[name]):
                return Finding(
                    Reason.RESOURCES_CONTRADICTORY,
                    f"{path}.requests.{name} is {request}, but its limit is {asked.limits[name]};"
                    " raise the limit or lower the request",
                    STUCK,
                )
    return None


def gpu_outside_field(_: state.Observed, spec: deployment.ModelDeploymentSpec) -> Finding | None:
    """The server would hold a GPU and not be told to use it; a build has no use for one."""
    named = spec.serving.gpu.resource if spec.serving.gpu else names.GPU_RESOURCE
    for path, asked in _resources(spec).items():
        for where, given in (("limits", asked.limits), ("requests", asked.requests)):
            gpu = next((name for name in given if name == named or name.startswith(names.GPU_PREFIXES)), None)
            if gpu:
                field = f"spec.serving.gpu.{'mig.profile' if gpu.startswith(names.MIG_RESOURCE) else 'count'}"
                return Finding(
                    Reason.GPU_OUTSIDE_FIELD, f"{path}.{where} names {gpu}; remove it and set {field}", STUCK
                )
    return None


def shared_memory_too_large(_: state.Observed, spec: deployment.ModelDeploymentSpec) -> Finding | None:
    """What lies in shared memory counts as memory of the server, which then has none of its own.

    Nobody is refused for the default: a small server seldom fills it.
    """
    limit, shm = spec.serving.resources.limits.get("memory"), spec.serving.shm_size
    usual = quantities.value(shm) <= quantities.value(parts.SHM)
    if limit is None or usual or quantities.value(shm) < quantities.value(limit):
        return None
    return Finding(
        Reason.SHARED_MEMORY_TOO_LARGE,
        f"spec.serving.shmSize is {shm} and counts as memory of the server, of which"
        f" spec.serving.resources.limits.memory allows {limit}; lower shmSize or raise the limit",
        STUCK,
    )


def pod_template_protected(observed: state.Observed, spec: deployment.ModelDeploymentSpec) -> Finding | None:
    """It changes what is ours, or asks for what a server must not have: held against the pods without it."""
    if spec.serving.pod_template is None:
        return None
    images, where = types.Images(**vars(observed.images)), locations.anywhere(spec.artifact)
    ours = server.bare(observed.name, "", where, spec, images, image_volumes=observed.image_volumes)
    return protecting.finding(spec.serving.pod_template, ours)


def contradiction(_: state.Observed, spec: deployment.ModelDeploymentSpec) -> Finding | None:
    """What the builder would refuse as its first act: told before there is a pod, in the same words."""
    told = contract.contradiction(asking.request(spec, source_digest=None, recipe=contract.RECIPE_VERSION))
    return Finding(told.reason, f"{told.field}: {told.message}. {told.next_step}", STUCK) if told else None


def name_taken(observed: state.Observed, spec: deployment.ModelDeploymentSpec) -> Finding | None:
    """A child's name belongs to somebody else's object, which is left alone."""
    for child in observed.children:
        key = kinds.key_of(child, kinds.of_manifest(child))
        if children.uses(key, observed.name, spec) and not owned(observed, child):
            kind, name = child["kind"], child["metadata"]["name"]
            return Finding(
                Reason.NAME_TAKEN,
                f"{kind} {name!r} exists and is not ours;"
                " delete or rename it, or give this ModelDeployment another name",
                STUCK,
            )
    return None


#: In this order; the first that finds something gives Accepted its reason.
ACCEPTANCE: tuple[Check, ...] = (
    requests_above_limits,
    gpu_outside_field,
    shared_memory_too_large,
    pod_template_protected,
    contradiction,
    *permitting.CHECKS,
    hosting.host_taken,
    name_taken,
)


def refusal(observed: state.Observed) -> Finding | None:
    """Why the spec is not carried out."""
    if observed.spec is None:
        return Finding(Reason.SPEC_INVALID, observed.problem, STUCK)
    spec = observed.spec
    return next(filter(None, (check(observed, spec) for check in ACCEPTANCE)), None)


def source_not_found(observed: state.Observed, spec: deployment.ModelDeploymentSpec) -> Finding | None:
    """Applied before its ConfigMap, or misspelt: nobody can tell which, so it waits."""
    source = spec.model.source.config_map
    if source is None or observed.content is not None:
        return None
    return Finding(
        Reason.SOURCE_NOT_FOUND,
        f"ConfigMap {source.name!r} does not exist in this namespace (spec.model.source.configMap); create it",
    )


def file_not_in_source(observed: state.Observed, spec: deployment.ModelDeploymentSpec) -> Finding | None:
    """Seen without a pod, because a ConfigMap's keys are its files."""
    source, content = spec.model.source.config_map, observed.content
    if source is None or content is None:  # not a ConfigMap, or one that did its duty
        return None
    for field, file in _files(spec).items():
        if file not in content.files:
            return Finding(
                Reason.FILE_NOT_IN_SOURCE,
                f"{field} names {file!r}, but ConfigMap {source.name!r} holds {_listed(content.files)}; add the key",
            )
    return None


def before_a_build(
    observed: state.Observed, spec: deployment.ModelDeploymentSpec, wanted: requests.Wanted | None
) -> Finding | None:
    """What keeps a build from being asked for. A ConfigMap that went after its build is missed by nobody."""
    return file_not_in_source(observed, spec) if wanted else source_not_found(observed, spec)


def owned(observed: state.Observed, child: kinds.Manifest) -> bool:
    """Ours by label, and by owner unless it outlived a namesake of the owner (then it is about to go)."""
    metadata = child["metadata"]
    if (metadata.get("labels") or {}).get(names.MANAGED_BY_LABEL) != names.MANAGED_BY:
        return False
    controllers = [owner for owner in metadata.get("ownerReferences") or () if owner.get("controller")]
    return all((owner["kind"], owner["name"]) == (names.DEPLOYMENT_KIND, observed.name) for owner in controllers)


def _resources(spec: deployment.ModelDeploymentSpec) -> Mapping[str, types.Resources]:
    return {"spec.build.resources": spec.build.resources, "spec.serving.resources": spec.serving.resources}


def _files(spec: deployment.ModelDeploymentSpec) -> dict[str, str]:
    """Field -> file that it names. A factory may come from a library, so its module is not looked for."""
    files = {"spec.model.weights": spec.model.weights}
    if spec.build.calibration:
        files["spec.build.calibration.data.file"] = spec.build.calibration.data.file
    if spec.build.evaluation:
        files["spec.build.evaluation.data.file"] = spec.build.evaluation.data.file
    return files


def _listed(files: frozenset[str], most: int = 8) -> str:
    shown = ", ".join(repr(file) for file in sorted(files)[:most])
    return f"{shown or 'nothing'}{' and more' if len(files) > most else ''}"
