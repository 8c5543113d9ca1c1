"""kwok's Stages: what a node would report, a step at a time, without running anything.

    build pod    starting ─► fetch ─► convert ─► optimize ─► publish ─► Succeeded, with publish's report
    server       Ready

kwok takes several documents of one file; JSON is YAML as well.
"""

import json
from pathlib import Path
from typing import Any

from bench import specs
from model_builder import contract
from model_operator import names

#: How a build pod names itself.
_COMPONENT = f'.metadata.labels["{names.COMPONENT_LABEL}"]'
_STEPS = [step.value for step in contract.Step]
#: A condition of our own, by which one Stage knows what the last one did.
_TYPE = "Step"
_STEP = f'.status.conditions.[] | select( .type == "{_TYPE}" ) | .reason'


def write(path: Path, step_seconds: float) -> Path:
    """Write kwok's configuration: every step of a build takes that long."""
    stages = [_node(), *_build(step_seconds), _server(), _deletion()]
    path.write_text("\n---\n".join(json.dumps(stage) for stage in stages))
    return path


def _stage(name: str, kind: str, when: list[Any], template: str = "", **more: Any) -> dict[str, Any]:
    following = {"statusTemplate": template} if template else {"delete": True}
    return {
        "apiVersion": "kwok.x-k8s.io/v1alpha1",
        "kind": "Stage",
        "metadata": {"name": name},
        "spec": {
            "resourceRef": {"apiGroup": "v1", "kind": kind},
            "selector": {"matchExpressions": when},
            "next": following,
            **more,
        },
    }


def _is(key: str, *values: str) -> dict[str, Any]:
    return {"key": key, "operator": "In", "values": list(values)}


def _not(key: str, *values: str) -> dict[str, Any]:
    return {"key": key, "operator": "NotIn", "values": list(values)}


_LIVES = {"key": ".metadata.deletionTimestamp", "operator": "DoesNotExist"}
_READY = '.status.conditions.[] | select( .type == "Ready" ) | .status'


def _deletion() -> dict[str, Any]:
    return _stage("pod-delete", "Pod", [{"key": ".metadata.deletionTimestamp", "operator": "Exists"}])


def _node() -> dict[str, Any]:
    """Ready once, and never heard of again: the node monitor is told to be patient."""
    template = """
{{ $now := Now }}
conditions:
{{ range NodeConditions }}
- {lastHeartbeatTime: {{ $now | Quote }}, lastTransitionTime: {{ $now | Quote }}, message: {{ .message | Quote }},
   reason: {{ .reason | Quote }}, status: {{ .status | Quote }}, type: {{ .type | Quote }} }
{{ end }}
allocatable: {cpu: 1M, memory: 1Pi, ephemeral-storage: 1Pi, pods: 1M}
capacity: {cpu: 1M, memory: 1Pi, ephemeral-storage: 1Pi, pods: 1M}
phase: Running
"""
    return _stage("node-ready", "Node", [_not(_READY, "True")], template)


def _build(seconds: float) -> list[dict[str, Any]]:
    """A Stage for each step that begins, and one for the end of the last; with no seconds, that one alone."""
    delay = {"delay": {"durationMilliseconds": round(seconds * 1000)}}
    build = [_LIVES, _is(_COMPONENT, "build")]
    begun = {"key": _STEP, "operator": "DoesNotExist"}
    if not seconds:
        return [_stage("build-end", "Pod", [*build, begun], _progress(len(_STEPS)))]
    return [
        _stage("build-start", "Pod", [*build, begun], _progress(0)),
        *(
            _stage(f"build-after-{step}", "Pod", [*build, _is(_STEP, step)], _progress(number), **delay)
            for number, step in enumerate(_STEPS, start=1)
        ),
    ]


def _progress(number: int) -> str:
    """Status of a build pod whose step of that number runs; those before are over. After the last, all is."""
    over = number == len(_STEPS)
    phase = "Succeeded" if over else "Running" if number == len(_STEPS) - 1 else "Pending"
    states = {step: _state(step, place, number) for place, step in enumerate(_STEPS)}
    beside = number >= _STEPS.index(contract.Step.OPTIMIZE)
    states[names.TRITON] = _ended() if over else _RUNNING if beside else _WAITS
    step = "over" if over else _STEPS[number]
    return f"""{{{{ $now := Now }}}}
phase: {phase}
startTime: {{{{ or .status.startTime $now | Quote }}}}
conditions:
- {{type: {_TYPE}, status: "True", reason: {step}, lastTransitionTime: {{{{ $now | Quote }}}} }}
{_statuses("initContainer", states)}
{_statuses("container", states)}
"""


def _state(step: str, place: int, number: int) -> str:
    if place == number:
        return _RUNNING
    if place > number:
        return _WAITS
    return _ended(f", message: '{specs.report()}'" if step == _STEPS[-1] else "")


def _ended(more: str = "") -> str:
    times = "startedAt: {{ $now | Quote }}, finishedAt: {{ $now | Quote }} "
    return f"ready: false, started: false, state: {{terminated: {{exitCode: 0, reason: Completed, {times}{more}}}}}"


_RUNNING = "ready: true, started: true, state: {running: {startedAt: {{ $now | Quote }} }}"
_WAITS = "ready: false, started: false, state: {waiting: {reason: PodInitializing}}"


def _statuses(kind: str, states: dict[str, str]) -> str:
    """Statuses of all containers of a kind, each in the state of its name."""
    chosen = "".join(f'{{{{ if eq .name "{name}" }}}}{state}{{{{ end }}}}' for name, state in states.items())
    return f"""{kind}Statuses:
{{{{ range .spec.{kind}s }}}}
- {{name: {{{{ .name | Quote }}}}, image: {{{{ .image | Quote }}}}, imageID: "", restartCount: 0, {chosen}}}
{{{{ end }}}}"""


def _server() -> dict[str, Any]:
    """All containers well from the first look on."""
    states = {names.COMPOSE: _ended(), names.SENTINEL: _RUNNING, names.TRITON: _RUNNING}
    conditions = "\n".join(
        f'- {{type: {type_}, status: "True", lastTransitionTime: {{{{ $now | Quote }}}} }}'
        for type_ in ("Initialized", "ContainersReady", "Ready")
    )
    template = f"""{{{{ $now := Now }}}}
phase: Running
startTime: {{{{ $now | Quote }}}}
podIP: {{{{ PodIPWith .spec.nodeName false .metadata.uid .metadata.name .metadata.namespace | Quote }}}}
conditions:
{conditions}
{_statuses("initContainer", states)}
{_statuses("container", states)}
"""
    return _stage("server-ready", "Pod", [_LIVES, _is(_COMPONENT, "server"), _not(_READY, "True")], template)
