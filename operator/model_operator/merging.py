"""A strategic merge patch of a pod, as `kubectl patch` merges it, but for its directives. Pure.

    maps                        key by key, deeply
    lists of named things       item by item, by Kubernetes' own merge key; new ones come behind
    other lists, plain values   replaced

Nothing can be taken out: null and `$patch` are refused before (`deployments.protecting`).
"""

from typing import Any

#: Merge keys of core/v1 (patchMergeKey in its types). What is not here, tolerations for one, is replaced as a whole.
KEYS = {
    "containers": "name",
    "env": "name",
    "hostAliases": "ip",
    "imagePullSecrets": "name",
    "initContainers": "name",
    "ports": "containerPort",
    "resourceClaims": "name",
    "schedulingGates": "name",
    "topologySpreadConstraints": "topologyKey",
    "volumeDevices": "devicePath",
    "volumeMounts": "mountPath",
    "volumes": "name",
}


def merged(base: Any, change: Any, field: str = "") -> Any:
    """The base with the change in it; neither is touched. `field` is the name of the field that holds them."""
    if isinstance(base, dict) and isinstance(change, dict):
        changed = {name: merged(base[name], value, name) if name in base else value for name, value in change.items()}
        return {**base, **changed}
    if isinstance(base, list) and isinstance(change, list) and field in KEYS:
        return _items(base, change, KEYS[field])
    return change


def _items(base: list[Any], change: list[Any], key: str) -> list[Any]:
    """Items with the same key become one. One without a key is added: the API server says what is wrong with it."""
    result = list(base)
    places = {_identity(item, key): place for place, item in enumerate(base)}
    for item in change:
        identity = _identity(item, key)
        if identity is not None and identity in places:
            result[places[identity]] = merged(result[places[identity]], item)
        else:
            places[identity] = len(result)
            result.append(item)
    return result


def _identity(item: Any, key: str) -> str | int | None:
    value = item.get(key) if isinstance(item, dict) else None
    return value if isinstance(value, str | int) else None
