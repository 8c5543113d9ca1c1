"""The API server in memory, on which the fault plans run, against the real one: the same stories, the same writes.

On either side the operator's own writes are recorded, by verb, resource and name. Names of Events are digests, and how
often a status is written, or an Event counted on, depends on the pace of the cluster: of these only that they are
written is compared.
"""

import pytest
from edge import clusters, kubelet, processes, resources

from faults import plans, runs, stories
from model_builder import contract
from model_operator import comparing, kinds, names

pytestmark = pytest.mark.usefixtures("operator")
_PLURALS = {kind.kind: kind.plural for kind in (*kinds.EVERY, clusters.EVENT)}
_VERBS = {"apply": "patch", "status": "patch", "merge": "patch"}


def in_memory(*told: stories.Story) -> set[str]:
    """What the operator wrote in stories of which each goes on where the one before ended."""
    found, snapshot = set(), None
    for story in told:
        run = runs.run(story, plans.Plan(), snapshot)
        assert run.violations == []
        found |= {_line(what) for what in run.writes if not what.startswith("patch Event")}
        snapshot = run.snapshot
    return found


def _line(what: str) -> str:
    verb, kind, name = what.split(" ", 2)
    resource = _PLURALS[kind] + ("/status" if verb == "status" else "")
    return f"{_VERBS.get(verb, verb)} {resource} {'' if kind == 'Event' else name}"


def in_earnest(operator: processes.Operator, namespace: clusters.Namespace, since: int) -> set[str]:
    """What the audit log says that the operator wrote in a namespace."""
    lines = (line.split(" ", 2) for line in operator.writes(since) if f" {namespace.name}/" in line)
    return {
        f"{verb} {resource} {'' if resource == 'events' else name.split('/', 1)[1]}"
        for verb, resource, name in lines
        if (verb, resource) != ("patch", "events")
    }


def create(namespace: clusters.Namespace) -> None:
    namespace.create(kinds.CONFIG_MAP, {"metadata": {"name": stories.SOURCE}, "binaryData": stories.FILES})
    resources.deploy(namespace, "digits", stories.SPEC)
    build(namespace, resources.only_job(namespace))
    resources.make_ready(namespace, "digits")


def build(namespace: clusters.Namespace, job: kinds.Manifest) -> None:
    """Have a build end as it does in memory."""
    template = job["spec"]["template"]
    request = contract.BuildRequest.model_validate_json(template["metadata"]["annotations"][names.REQUEST])
    report, code = stories.outcome(request, template)
    kubelet.end_build(job, namespace, report, code)


def change(namespace: clusters.Namespace) -> None:
    before = resources.only_job(namespace)["metadata"]["name"]
    namespace.patch(kinds.CONFIG_MAP, stories.SOURCE, {"binaryData": stories.NEW_FILES})
    annotations = {"metadata": {"annotations": {names.REQUESTED_AT: "2026-01-03"}}}
    namespace.patch(kinds.MODEL_DEPLOYMENT, "digits", annotations)
    build(namespace, clusters.until(lambda: _other_job(namespace, before), "there is another Job"))
    kubelet.serve(namespace, "digits", 2)
    clusters.until(lambda: namespace.find(kinds.JOB, before) is None, "the former build is let go")


def _other_job(namespace: clusters.Namespace, before: str) -> kinds.Manifest | None:
    return next((job for job in namespace.list(kinds.JOB) if job["metadata"]["name"] != before), None)


def scale(namespace: clusters.Namespace) -> None:
    for count in (3, 0, 1):
        namespace.patch(kinds.MODEL_DEPLOYMENT, "digits", {"spec": {"serving": {"replicas": count}}})
        if count:
            kubelet.serve(namespace, "digits", count)
        resources.until_reason(namespace, "digits", "Serving" if count else "ScaledToZero")


def delete(namespace: clusters.Namespace) -> None:
    namespace.delete(kinds.MODEL_DEPLOYMENT, "digits")
    clusters.until(lambda: not resources.leftovers(namespace), "all is gone")


def test_the_same_is_written_in_memory_and_in_earnest(operator, namespace):
    since = operator.cluster.now()
    for told in (create, change, scale, delete):
        told(namespace)
    expected = in_memory(stories.CREATE, stories.CHANGE, stories.SCALE, stories.DELETE)
    assert in_earnest(operator, namespace, since) == expected


def test_what_is_there_in_the_end_is_the_same(operator, namespace):
    create(namespace)
    shown = runs.run(stories.CREATE, plans.Plan()).snapshot
    for kind in (*kinds.OWN, *resources.FAMILY):
        if kind in {kinds.POD, kinds.JOB}:
            continue  # their controllers have words of their own
        real = {one["metadata"]["name"]: one for one in namespace.list(kind)}
        assert real.keys() == {one["metadata"]["name"] for one in shown.all(kind)}
        for one in shown.all(kind):
            live = real[one["metadata"]["name"]]
            assert one["metadata"]["generation"] == live["metadata"].get("generation", 1), one["metadata"]["name"]
            assert comparing.found(one.get("spec"), live.get("spec")), one["metadata"]["name"]
