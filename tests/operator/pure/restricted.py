"""Pod Security `restricted` as a function of a pod's spec: what it forbids, in words. After the standard's own list."""

from typing import Any

VOLUMES = {
    "configMap",
    "csi",
    "downwardAPI",
    "emptyDir",
    "ephemeral",
    "persistentVolumeClaim",
    "projected",
    "secret",
    "image",
}
PROFILES = {"RuntimeDefault", "Localhost"}


def violations(pod: dict[str, Any]) -> list[str]:
    found = [f"{name} is set" for name in ("hostNetwork", "hostPID", "hostIPC") if pod.get(name)]
    found += [
        f"volume {volume['name']} is of another kind"
        for volume in pod.get("volumes", [])
        if not (volume.keys() - {"name"}) <= VOLUMES
    ]
    shared = pod.get("securityContext", {})
    for container in [*pod.get("initContainers", []), *pod["containers"]]:
        own = container.get("securityContext", {})
        found += [f"{container['name']}: {words}" for words in _violations({**shared, **own}, own)]
        found += [f"{container['name']}: hostPort" for port in container.get("ports", []) if port.get("hostPort")]
    return found


def _violations(effective: dict[str, Any], own: dict[str, Any]) -> list[str]:
    checks = {
        "may escalate": own.get("allowPrivilegeEscalation") is not False,
        "is privileged": bool(own.get("privileged")),
        "keeps capabilities": "ALL" not in own.get("capabilities", {}).get("drop", []),
        "adds capabilities": bool(own.get("capabilities", {}).get("add")),
        "may run as root": effective.get("runAsNonRoot") is not True or effective.get("runAsUser") == 0,
        "has no seccomp profile": effective.get("seccompProfile", {}).get("type") not in PROFILES,
    }
    return [words for words, wrong in checks.items() if wrong]
