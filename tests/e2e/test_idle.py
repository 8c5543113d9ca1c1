"""After all that: what the operator costs while nothing happens."""

import re
import time
import urllib.request

import pytest

from cluster import layout
from e2e import auditing, installing, lanes, manifests, smallmodels, waiting

#: It counts what an operator writes that nobody asks anything.
pytestmark = lanes.ALONE

MEGABYTE = 1_000_000
LIMIT = 110
SETTLED = 20
#: The least that the chart takes.
RESYNC_SECONDS = 10
RESYNCS = 3
#: Seconds until one of several operators leads again, whatever became of the last.
SUCCESSION = 30
QUIET_SECONDS = 5
COUNTER = re.compile(r"^modelsmith_operator_resyncs_total (\d+)", re.MULTILINE)


@pytest.fixture(scope="module")
def settled(namespace):
    """Twenty that want nothing more, and were written by whom the audit log calls the operator.

    Where nothing was ever deleted: elsewhere artifacts that nobody needs any more may just be due to be collected.
    """
    log = auditing.AuditLog(layout.site().audit_log)
    made = [f"settled-{number:02}" for number in range(SETTLED)]
    source = manifests.from_config_map("small")
    namespace.apply(manifests.config_map("small", smallmodels.files(1)))
    namespace.apply(*(manifests.model_deployment(name, source, serving={"replicas": 0}) for name in made))
    for name in made:
        waiting.ready(namespace, name)
    waiting.until("the operator is quiet", lambda: quiet(log, namespace), 120, namespace)
    assert len(writes(log, namespace)) > SETTLED
    return made


def test_the_idle_operator_needs_little_memory(settled, measured):
    used = memory(operator_pod())
    measured("operator's memory after the story", f"{used / MEGABYTE:.0f} MB (limit {LIMIT} MB)")
    assert used <= LIMIT * MEGABYTE


@pytest.fixture(scope="module")
def restarted(settled):
    """The audit log from before the operator was started anew, now with a resync every few seconds."""
    log = auditing.AuditLog(layout.site().audit_log)
    installing.change(resyncSeconds=str(RESYNC_SECONDS))
    return log


def test_a_restarted_operator_writes_nothing_to_settled_resources(namespace, restarted):
    waiting.until("a resync", lambda: resyncs() >= 1, RESYNC_SECONDS * 3, namespace)
    assert writes(restarted, namespace) == []


def test_resyncs_of_settled_resources_write_nothing(namespace, restarted):
    log, before = auditing.AuditLog(layout.site().audit_log), resyncs()
    seconds = RESYNC_SECONDS * (RESYNCS + 2)
    waiting.until("three resyncs", lambda: resyncs() >= before + RESYNCS, seconds, namespace)
    assert writes(log, namespace) == []


def writes(log, namespace) -> list[str]:
    """What the operator wrote there."""
    return [line for line in log.writes(user()) if f" {namespace.name}/" in line]


def quiet(log, namespace) -> bool:
    """Wrote nothing for a while: Ready with no servers may come before the Deployment's own first word."""
    before = len(writes(log, namespace))
    time.sleep(QUIET_SECONDS)
    return len(writes(log, namespace)) == before


def memory(pod) -> int:
    """Bytes resident of the operator's process."""
    name = pod["metadata"]["name"]
    shown = installing.NAMESPACE.kubectl("exec", name, "--", "python3", "-c", "print(open('/proc/1/status').read())")
    return int(re.search(r"VmRSS:\s+(\d+) kB", shown).group(1)) * 1024


def resyncs() -> int:
    """How often the operator has read everything again, as its metrics say."""
    url = f"http://{operator_pod()['status']['podIP']}:8080/metrics"
    with urllib.request.urlopen(url, timeout=5) as answer:
        return int(COUNTER.search(answer.read().decode()).group(1))


def operator_pod():
    """The one that writes: after an upgrade not at once one of the new."""
    return waiting.until("an operator that stays leads", leader, SUCCESSION, installing.NAMESPACE)


def leader():
    """The pod that holds the Lease, unless it is on its way out."""
    holder = installing.NAMESPACE.get("lease", "modelsmith-operator")["spec"].get("holderIdentity") or ""
    pods = [pod for pod in installing.NAMESPACE.list("pods") if "deletionTimestamp" not in pod["metadata"]]
    return next((pod for pod in pods if holder.startswith(f"{pod['metadata']['name']}_")), None)


def user() -> str:
    """Who the operator is to the API server."""
    return f"system:serviceaccount:{installing.NAMESPACE.name}:{operator_pod()['spec']['serviceAccountName']}"
