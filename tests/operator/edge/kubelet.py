"""What the node would do, where there is no node: pods run and end because a test says so."""

import datetime as dt

from edge import clusters

from model_builder import contract
from model_operator import kinds, names

DIGEST = "sha256:" + "a" * 64
PLAN = "sha256:" + "b" * 64


def published(**changes) -> contract.Report:
    """What publish says of a build that went well."""
    estimate = contract.Estimate(value=0.975, low=0.96, high=0.985)
    report = contract.Report(
        step=contract.Step.PUBLISH,
        artifact=DIGEST,
        plan=PLAN,
        precision="float32",
        size=369_000,
        metrics={contract.Metric.ACCURACY: estimate},
    )
    return report.model_copy(update=changes)


def gate_failed() -> contract.Report:
    """What optimize says when the only candidate loses too much."""
    told = contract.Failure(
        reason=contract.FailureReason.GATE_FAILED,
        message="no candidate keeps what the gate asks",
        field="spec.build.candidates",
        next_step="Append none to spec.build.candidates.",
    )
    rung = contract.Rung(
        candidate=contract.CandidateName.INT8_STATIC,
        verdict=contract.Verdict.FAILED,
        message="accuracy fell by 1.6 points, allowed is 1.0; 9 of 450 samples worse",
    )
    return contract.Report(step=contract.Step.OPTIMIZE, failure=told, candidates=[rung])


def failed(step: contract.Step = contract.Step.CONVERT) -> contract.Report:
    """What a step says that cannot go on."""
    told = contract.Failure(
        reason=contract.FailureReason.WEIGHTS_MISMATCH, message="no such key: conv1.weight", field="spec.model.weights"
    )
    return contract.Report(step=step, failure=told)


def end_build(job: kinds.Manifest, namespace: clusters.Namespace, report: contract.Report, code: int = 0) -> None:
    """Have the Job's pod end: every step up to the reporter's well, the reporter with its report."""
    pod = clusters.until(lambda: namespace.only(kinds.POD, _selector(job)), "the Job has a pod")
    namespace.patch(kinds.POD, pod["metadata"]["name"], {"status": ended(pod, report, code)}, "status")


def ended(pod: kinds.Manifest, report: contract.Report, code: int = 0) -> kinds.Manifest:
    """The status of a build's pod that ended so."""
    spec, states = pod["spec"], {"initContainerStatuses": [], "containerStatuses": []}
    message = report.model_dump_json(by_alias=True, exclude_defaults=True)
    over = False
    for group, containers in (("initContainerStatuses", "initContainers"), ("containerStatuses", "containers")):
        for container in spec.get(containers, ()):
            last = container["name"] == report.step
            said = (message, code) if last else ("", 0)
            states[group].append(_status(container, *said) if not over else _waiting(container))
            over = over or (last and code != 0)
    return {"phase": "Failed" if code else "Succeeded", **states}


def collect(namespace: clusters.Namespace, deployment: str, code: int = 0, message: str = "") -> kinds.Manifest:
    """Have the Job end that removes artifacts for one; the Job."""
    selector = f"{names.COMPONENT_LABEL}={names.COLLECTOR},{names.DEPLOYMENT_LABEL}={deployment}"
    job = clusters.until(lambda: namespace.only(kinds.JOB, selector), "there is a Job that removes artifacts")
    pod = clusters.until(lambda: namespace.only(kinds.POD, _selector(job)), "the Job has a pod")
    [container] = pod["spec"]["containers"]
    status = {"phase": "Failed" if code else "Succeeded", "containerStatuses": [_status(container, message, code)]}
    namespace.patch(kinds.POD, pod["metadata"]["name"], {"status": status}, "status")
    return job


def serve(namespace: clusters.Namespace, deployment: str, ready: int = 1) -> None:
    """Have that many servers ready: their pods say so, and the Deployment's controller counts."""
    selector = ",".join(f"{name}={value}" for name, value in names.selector(deployment).items())

    def enough() -> list[kinds.Manifest] | None:
        pods = [pod for pod in namespace.list(kinds.POD, selector) if "deletionTimestamp" not in pod["metadata"]]
        return pods if len(pods) >= ready else None

    for pod in clusters.until(enough, f"{deployment} has {ready} pods")[:ready]:
        namespace.patch(kinds.POD, pod["metadata"]["name"], {"status": serving(pod)}, "status")


def find_no_node(namespace: clusters.Namespace, deployment: str, resource: str) -> None:
    """What the scheduler says of a server that asks for a device which no node has."""
    words = f"0/1 nodes are available: 1 Insufficient {resource}."
    refusal = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": words}
    selector = ",".join(f"{name}={value}" for name, value in names.selector(deployment).items())

    def asking() -> list[kinds.Manifest]:
        found = namespace.list(kinds.POD, selector)
        return [one for one in found if any(resource in str(each["resources"]) for each in one["spec"]["containers"])]

    [pod] = clusters.until(asking, f"a server of {deployment} asks for {resource}")
    status = {"phase": "Pending", "conditions": [{**refusal, "lastTransitionTime": now()}]}
    namespace.patch(kinds.POD, pod["metadata"]["name"], {"status": status}, "status")


def serving(pod: kinds.Manifest) -> kinds.Manifest:
    """The status of a pod that runs and is ready."""
    conditions = [
        {"type": type_, "status": "True", "lastTransitionTime": now()}
        for type_ in ("PodScheduled", "Initialized", "ContainersReady", "Ready")
    ]
    running = [_running(container) for container in pod["spec"]["containers"]]
    return {"phase": "Running", "conditions": conditions, "containerStatuses": running, "startTime": now()}


def now() -> str:
    """As Kubernetes writes it."""
    return dt.datetime.now(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _selector(job: kinds.Manifest) -> str:
    return f"{names.JOB_NAME_LABEL}={job['metadata']['name']}"


def _status(container: kinds.Manifest, message: str, code: int) -> kinds.Manifest:
    ended = {
        "exitCode": code,
        "reason": "Error" if code else "Completed",
        "message": message,
        "startedAt": now(),
        "finishedAt": now(),
        "containerID": "test://1",
    }
    return {**common(container), "state": {"terminated": ended}, "started": False}


def _waiting(container: kinds.Manifest) -> kinds.Manifest:
    return {**common(container), "state": {"waiting": {"reason": "PodInitializing"}}, "started": False}


def _running(container: kinds.Manifest) -> kinds.Manifest:
    return {**common(container), "ready": True, "started": True, "state": {"running": {"startedAt": now()}}}


def common(container: kinds.Manifest) -> kinds.Manifest:
    """What every container status has."""
    return {"name": container["name"], "image": container["image"], "imageID": "", "restartCount": 0, "ready": False}
