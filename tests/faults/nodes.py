"""A node: pods start, work, end and leave, a second at a time. What a build says, the story decides."""

import asyncio
from collections.abc import Callable
from typing import Any

from faults import server
from model_builder import contract
from model_operator import kinds, names

Manifest = kinds.Manifest
#: Seconds that anything takes.
STEP = 1.0
MANAGER = "kubelet"
#: What comes of a request: a report, and the exit code of the step that wrote it.
Outcome = Callable[[contract.BuildRequest, Manifest], tuple[contract.Report, int]]


class Node:
    """Runs every pod."""

    def __init__(self, api: server.Server, outcome: Outcome, spoilt: Callable[[Manifest], bool]) -> None:
        """Nothing runs yet; what ran before runs on. Of pods that are `spoilt` nothing comes."""
        self._spoilt = spoilt
        self._api = api
        self._outcome = outcome
        self._known: set[str] = {
            pod["metadata"]["uid"] for pod in api.all(kinds.POD) if pod["status"]["phase"] != "Pending"
        }
        self._leaving: set[str] = set()

    def look(self) -> None:
        """Take new pods, let go of deleted ones."""
        for pod in self._api.all(kinds.POD):
            uid = pod["metadata"]["uid"]
            if "deletionTimestamp" in pod["metadata"] and uid not in self._leaving:
                self._leaving.add(uid)
                self._later(self._remove, pod)
            elif uid not in self._known:
                self._known.add(uid)
                builds = names.JOB_NAME_LABEL in pod["metadata"]["labels"]
                self._later(self._start if builds else self._serve, pod, 0)

    def _later(self, act: Callable[..., None], *arguments: Any) -> None:
        asyncio.get_running_loop().call_later(STEP, act, *arguments)

    def _remove(self, pod: Manifest) -> None:
        if self._there(pod):
            self._api.remove(kinds.key_of(pod, kinds.POD))

    def _there(self, pod: Manifest) -> bool:
        present = self._api.get(kinds.key_of(pod, kinds.POD))
        return present is not None and present["metadata"]["uid"] == pod["metadata"]["uid"]

    def _serve(self, pod: Manifest, stage: int) -> None:
        """It composes, it loads, it is ready; or it cannot be prepared, again and again."""
        if not self._there(pod) or pod["metadata"]["uid"] in self._leaving:
            return
        if self._spoilt(pod):
            ended = {"terminated": {"exitCode": 1, "reason": "Error", "message": "it cannot be"}}
            compose = {"name": names.COMPOSE, "restartCount": 2, "state": {"waiting": {}}, "lastState": ended}
            self._write(pod, {"phase": "Pending", "initContainerStatuses": [compose]})
            return
        containers = pod["spec"]["containers"]
        phase = "Running" if stage else "Pending"
        states = [_running(one, ready=stage > 1) if stage else _waiting(one) for one in containers]
        told = [{"type": "PodScheduled", "status": "True"}, {"type": "Ready", "status": str(stage > 1)}]
        self._write(pod, {"phase": phase, "conditions": told, "containerStatuses": states, "podIP": "192.0.2.1"})
        if stage < 2:
            self._later(self._serve, pod, stage + 1)

    def _start(self, pod: Manifest, stage: int) -> None:
        """Read what is asked for: a build, or else the removal of artifacts."""
        asked = (pod["metadata"].get("annotations") or {}).get(names.REQUEST)
        if asked is None:
            self._clean_up(pod)
            return
        request = contract.BuildRequest.model_validate_json(asked)
        self._build(pod, stage, self._outcome(request, pod))

    def _clean_up(self, pod: Manifest) -> None:
        """A Job that removes artifacts: it ends well."""
        if self._there(pod):
            ended = {"name": pod["spec"]["containers"][0]["name"], "state": {"terminated": {"exitCode": 0}}}
            self._write(pod, {"phase": "Succeeded", "containerStatuses": [ended]})

    def _build(self, pod: Manifest, stage: int, outcome: tuple[contract.Report, int]) -> None:
        """Each step runs and ends; the reporter has the last word."""
        if not self._there(pod) or pod["metadata"]["uid"] in self._leaving:
            return
        report, code = outcome
        steps = list(contract.Step)
        last = steps.index(report.step)
        over = stage > last
        message = report.model_dump_json(by_alias=True, exclude_defaults=True)
        states = [_ended(step, (message, code) if number == last else ("", 0)) for number, step in enumerate(steps)]
        states = (
            [*states[:stage], *map(_step_waiting, steps[stage:])] if over else self._under_way(states, steps, stage)
        )
        phase = ("Failed" if code else "Succeeded") if over else ("Running" if stage == len(steps) - 1 else "Pending")
        self._write(pod, {"phase": phase, "initContainerStatuses": states[:-1], "containerStatuses": states[-1:]})
        if not over:
            self._later(self._build, pod, stage + 1, outcome)

    def _under_way(self, ended: list[Manifest], steps: list[contract.Step], stage: int) -> list[Manifest]:
        return [*ended[:stage], _running({"name": steps[stage].value}), *map(_step_waiting, steps[stage + 1 :])]

    def _write(self, pod: Manifest, status: Manifest) -> None:
        self._api.merge(kinds.key_of(pod, kinds.POD), {"status": status}, MANAGER, status=True)


def _running(container: Manifest, *, ready: bool = False) -> Manifest:
    return {"name": container["name"], "ready": ready, "restartCount": 0, "state": {"running": {}}}


def _waiting(container: Manifest) -> Manifest:
    return {"name": container["name"], "ready": False, "state": {"waiting": {"reason": "PodInitializing"}}}


def _step_waiting(step: contract.Step) -> Manifest:
    return _waiting({"name": step.value})


def _ended(step: contract.Step, said: tuple[str, int]) -> Manifest:
    message, code = said
    ended = {"exitCode": code, "reason": "Error" if code else "Completed", "message": message}
    return {"name": step.value, "ready": False, "restartCount": 0, "state": {"terminated": ended}}
