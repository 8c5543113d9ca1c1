"""Brings add-ons up beside a running cluster, and takes them away again."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable

from cluster import (
    accounts,
    addons,
    aggregation,
    api,
    building,
    certificates,
    commands,
    controlling,
    errors,
    keda,
    layout,
    monitoring,
    preflight,
    probing,
    processes,
)
from cluster.steps import step

ALL = (monitoring.ADD_ON, keda.ADD_ON)
_PATIENCE = 60.0
"""Seconds until the API server has found a new group to answer."""


def up(add_on: addons.AddOn, ours: processes.Keeper) -> None:
    """Have an add-on running; print a line for each of its parts."""
    client = _client()
    preflight.require_ports(ours, {name: layout.ADD_ON_LISTENERS[name] for name in add_on.programs})
    with step(f"{add_on.name}: programs", "built"):
        for module in add_on.modules:
            building.ensure(module)
    with step(f"{add_on.name}: objects", "applied"):
        _prepare(client, add_on)
    for make in add_on.programs.values():
        _start(ours, make())
    for group in add_on.groups:
        _register(client, group, add_on)


def down(add_on: addons.AddOn, ours: processes.Keeper) -> None:
    """Take an add-on away: first its APIs and definitions, which nobody may wait for, then its programs."""
    client = _client()
    with step(f"{add_on.name}: APIs", "withdrawn"):
        _withdraw(client, add_on)
        _undefine(add_on)
    _stop(add_on, ours)


def leave(ours: processes.Keeper) -> None:
    """Stop all add-ons before the cluster stops; what they have in the cluster stays, but for the APIs."""
    for add_on in present(ours):
        with step(f"{add_on.name}: APIs", "withdrawn") as current:
            try:
                _withdraw(_client(), add_on)
            except errors.ClusterError:
                current.words = "no cluster answers"  # the next `up` does it
        _stop(add_on, ours)


def withdraw_dead(client: api.Client, ours: processes.Keeper) -> None:
    """Withdraw the APIs of add-ons that an earlier run left without their servers."""
    for add_on in ALL:
        if not all(_runs(ours, name) for name in add_on.programs):
            _withdraw(client, add_on)


def present(ours: processes.Keeper) -> list[addons.AddOn]:
    """Return the add-ons that were brought up, and not taken away since."""
    return [each for each in ALL if any(ours.find(name) for name in each.programs)]


def _prepare(client: api.Client, add_on: addons.AddOn) -> None:
    certificates.ensure_servers(add_on.pki, add_on.certificates)
    for account in add_on.accounts:
        accounts.apply(client, account)
    for service in add_on.services:
        aggregation.announce(client, service)
    _define(add_on)


def _define(add_on: addons.AddOn) -> None:
    files = _flags(add_on)
    if files:
        _kubectl("apply", "--server-side", "--force-conflicts", *files)
        _kubectl("wait", "--for=condition=Established", "--timeout=60s", *files)


def _undefine(add_on: addons.AddOn) -> None:
    files = _flags(add_on)
    if files:
        # Its operator still runs: it lets go of the resources that go with their definitions.
        _kubectl("delete", "--ignore-not-found", "--timeout=120s", *files)


def _flags(add_on: addons.AddOn) -> list[str]:
    return [f"--filename={path}" for path in add_on.definitions()]


def _kubectl(*arguments: str) -> str:
    return commands.run(controlling.program("kubectl"), f"--kubeconfig={layout.kubeconfig()}", *arguments)


def _start(ours: processes.Keeper, program: processes.Program) -> None:
    with step(program.name, "ready") as current:
        if not ours.start(program):
            current.words = "runs already"


def _register(client: api.Client, group: aggregation.Group, add_on: addons.AddOn) -> None:
    with step(group.name, "available"):
        aggregation.register(client, group, add_on.authority)
        if not _holds(lambda: aggregation.is_available(client, group)):
            raise errors.ClusterError(
                f"{group.name} is not served after {_PATIENCE:.0f} s: see `kubectl describe apiservice "
                f"{group.registration}`, and the logs in {layout.directory() / 'logs'}."
            )


def _holds(probe: Callable[[], bool]) -> bool:
    return probing.until(probe, time.monotonic() + _PATIENCE)


def _withdraw(client: api.Client, add_on: addons.AddOn) -> None:
    for group in add_on.groups:
        aggregation.withdraw(client, group)


def _stop(add_on: addons.AddOn, ours: processes.Keeper) -> None:
    for name in reversed(_names(add_on)):
        with step(name, "stopped") as current:
            if not ours.stop(name):
                current.words = "did not run"


def _names(add_on: addons.AddOn) -> list[str]:
    return list(add_on.programs)


def _runs(ours: processes.Keeper, name: str) -> bool:
    record = ours.find(name)
    return record is not None and record.alive


def _client() -> api.Client:
    if not layout.kubeconfig().exists():
        raise errors.ClusterError("There is no cluster: run `python3 hack/cluster up` first.")
    client = api.Client(layout.site(), "admin")
    with contextlib.suppress(errors.ApiError):
        client.get("/version")
        return client
    raise errors.ClusterError("The cluster does not answer: run `python3 hack/cluster up` first.")
