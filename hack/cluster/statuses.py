"""`status`: what runs, since when, and whether it answers."""

from __future__ import annotations

import dataclasses
import sys
import time
from collections.abc import Callable

from cluster import adding, api, certificates, controlling, errors, layout, processes, running, starting


@dataclasses.dataclass(frozen=True)
class Row:
    """One part."""

    name: str
    pid: int | None
    state: str
    since: float | None

    @property
    def well(self) -> bool:
        """Whether it does its work."""
        return self.state == "ready"


def rows() -> list[Row]:
    """Return a row for every part, in the order of starting."""
    if not layout.kubeconfig().exists():
        return [Row("cluster", None, "not set up", None)]
    site = layout.site()
    programs: list[Callable[[], processes.Program]] = [
        running.registry,
        lambda: controlling.etcd(site),
        lambda: controlling.apiserver(site),
        lambda: controlling.controller_manager(site, layout.CONTROLLERS_PORT),
        lambda: controlling.scheduler(site, layout.SCHEDULER_PORT),
        running.containerd,
        running.kubelet,
        running.kube_proxy,
        running.coredns,
        running.caretaker,
    ]
    added = [make for add_on in adding.present(starting.keeper()) for make in add_on.programs.values()]
    return [*(_row(make()) for make in programs), _node(), *(_row(make()) for make in added)]


def show() -> int:
    """Print the table; return 0 only when all is well."""
    found = rows()
    for row in found:
        pid = "-" if row.pid is None else str(row.pid)
        age = "-" if row.since is None else age_words(time.time() - row.since)
        sys.stdout.write(f"  {row.name:<24} {pid:>8}  {row.state:<14} {age}\n")
    return 0 if all(row.well for row in found) else 1


def age_words(seconds: float) -> str:
    """Return an age in its two largest units."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"


def _row(program: processes.Program) -> Row:
    record = starting.keeper().find(program.name)
    if record is None or not record.alive:
        return Row(program.name, None, "stopped" if record is None else "dead", None)
    state = "ready" if program.ready() else "no answer"
    return Row(program.name, record.pid, state, record.since)


def _node() -> Row:
    try:
        client = api.Client(layout.site(), "admin")
        node = client.get(f"/api/v1/nodes/{certificates.NODE}")
    except errors.ApiError:
        return Row("node", None, "unknown", None)
    well = starting.is_ready(node) and starting.has_gpus(node)
    return Row("node", None, "ready" if well else "not Ready", None)
