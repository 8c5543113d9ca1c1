"""`up`: from whatever is here to a cluster that runs."""

from __future__ import annotations

import datetime as dt
import enum
import time
from collections.abc import Callable
from pathlib import Path

from cluster import (
    adding,
    api,
    audit,
    building,
    caretaking,
    certificates,
    cgroups,
    controlling,
    debian,
    errors,
    kubeconfigs,
    layout,
    leftovers,
    network,
    objects,
    pausing,
    preflight,
    probing,
    processes,
    running,
)
from cluster.steps import step

_IDENTITIES = ("controller-manager", "scheduler", "kubelet", "proxy", "coredns", "caretaker")
_BOOT = Path("/proc/sys/kernel/random/boot_id")
_NODE_PATIENCE = 90.0


class Takeover(enum.Enum):
    """What an earlier run left, and so what is to be done first."""

    NOTHING = "nothing left over"
    CONTINUE = "goes on"
    SWEEP = "swept"


def keeper() -> processes.Keeper:
    """Return the keeper of the cluster's processes."""
    return processes.Keeper(layout.directory() / "run", layout.directory() / "logs")


def up() -> None:
    """Have every part running; print a line for each."""
    ours = keeper()
    install(debian.missing(debian.NODE))
    _take_over(ours)
    preflight.check(ours)
    with step("programs", "built") as current:
        current.words = _build()
    with step("network", f"{layout.BRIDGE} ready"):
        network.prepare()
        _make_directories()
    _start_control_plane(ours)
    _start_node(ours)


def takeover(*, same_boot: bool, recorded: bool, found: bool) -> Takeover:
    """Decide what to do with what is there.

    Containers outlive containerd and the kubelet; in the same boot and with
    containerd's own records they are simply found again. Without the records,
    or after a boot, nobody would ever end them.
    """
    if same_boot and recorded:
        return Takeover.CONTINUE
    return Takeover.SWEEP if found else Takeover.NOTHING


def install(packages: list[str]) -> None:
    """Install Debian packages, as a printed step; nothing for none."""
    if packages:
        with step("Debian packages", "installed") as current:
            debian.install(packages)
            current.words = f"installed {' '.join(packages)}"


def _build() -> str:
    started = time.monotonic()
    building.ensure_all()
    return "built" if time.monotonic() - started > 1 else "ready"


def _take_over(ours: processes.Keeper) -> None:
    marker = layout.STATE / "boot"
    boot = _BOOT.read_text()
    same_boot = marker.exists() and marker.read_text() == boot
    recorded = (layout.STATE / "containerd").exists() and ours.find("containerd") is not None
    with step("earlier run", "") as current:
        left = leftovers.find()
        decision = takeover(same_boot=same_boot, recorded=recorded, found=bool(left) or layout.STATE.exists())
        current.words = decision.value
        if decision is Takeover.SWEEP:
            current.words = f"{decision.value}: {left.describe() or 'old state'}"
            leftovers.remove()
    layout.STATE.mkdir(mode=0o711, parents=True, exist_ok=True)
    marker.write_text(boot)


def _make_directories() -> None:
    site = layout.site()
    layout.directory().mkdir(parents=True, exist_ok=True)
    cgroups.make()
    hosts = [layout.LOOPBACK, layout.BRIDGE_ADDRESS, controlling.FIRST_SERVICE]
    certificates.ensure(site.pki, hosts)
    audit.write_policy(site.audit_policy)
    kubeconfigs.write(layout.kubeconfig(), site.server, site.pki, "admin")
    for identity in _IDENTITIES:
        kubeconfigs.write(site.kubeconfig_of(identity), site.server, site.pki, identity)


def _start_control_plane(ours: processes.Keeper) -> None:
    site = layout.site()
    _start(ours, running.registry)
    with step("pause image", "in the registry"):
        pausing.push()
    _start(ours, lambda: controlling.etcd(site))
    _start(ours, lambda: _apiserver(site))
    with step("objects", "applied"):
        objects.apply(api.Client(site, "admin"))
    flags = (
        "--allocate-node-cidrs=false",  # the bridge gives the addresses
        "--kube-api-qps=100",
        "--kube-api-burst=200",
    )
    _start(ours, lambda: controlling.controller_manager(site, layout.CONTROLLERS_PORT, *flags))
    _start(ours, lambda: controlling.scheduler(site, layout.SCHEDULER_PORT))


def _apiserver(site: controlling.Site) -> processes.Program:
    return controlling.apiserver(site, "--allow-privileged", "--audit-log-maxsize=200", "--audit-log-maxbackup=1")


def _start_node(ours: processes.Keeper) -> None:
    _start(ours, running.containerd)
    _start(ours, running.kubelet)
    _start(ours, running.kube_proxy)
    _start(ours, running.coredns)
    client = api.Client(layout.site(), "admin")
    adding.withdraw_dead(client, ours)
    with step("node", "Ready"):
        # What the node said before this kubelet started is worth nothing.
        kubelet = ours.find("kubelet")
        since = kubelet.since if kubelet else 0.0
        _await_node(client, "not Ready", lambda node: is_ready(node, since))
    _start(ours, running.caretaker)
    with step("pretended GPUs", "schedulable"):
        _await_node(client, "without its GPUs", has_gpus)


def _start(ours: processes.Keeper, make: Callable[[], processes.Program]) -> None:
    program = make()
    with step(program.name, "ready") as current:
        if not ours.start(program):
            current.words = "runs already"


def is_ready(node: api.Json, since: float = 0.0) -> bool:
    """Whether a node has said at or after that time (Unix) that it is Ready."""
    conditions = node.get("status", {}).get("conditions", [])
    return any(
        each["type"] == "Ready" and each["status"] == "True" and _seconds(each["lastHeartbeatTime"]) >= int(since)
        for each in conditions
    )


def _seconds(timestamp: str) -> float:
    return dt.datetime.fromisoformat(timestamp).timestamp()


def has_gpus(node: api.Json) -> bool:
    """Whether a node has its pretended GPUs."""
    return not caretaking.gpu_patch(node)


def _await_node(client: api.Client, lacking: str, holds: Callable[[api.Json], bool]) -> None:
    def probe() -> bool:
        try:
            return holds(client.get(f"/api/v1/nodes/{certificates.NODE}"))
        except errors.ApiError:
            return False  # not registered yet

    if not probing.until(probe, time.monotonic() + _NODE_PATIENCE):
        log = keeper().log("kubelet")
        raise errors.NotReadyError("The node", f"{lacking}.", str(log), processes.last_lines(log))
