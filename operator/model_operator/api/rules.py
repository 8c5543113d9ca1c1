"""What the API server checks beyond types: CEL rules and the kinds of lists, by path.

They stand here and not beside the types because those are the builder's and the server's too, which know nothing
of Kubernetes. A rule speaks of what a person wrote and says what to do. Every list and string that a rule walks
has a bound in its type: the API server refuses rules whose cost it cannot bound.
"""

from collections.abc import Mapping
from typing import Any

from model_operator import names

#: Path in the schema ("*" is the item of a list) -> keywords added there.
Overlay = Mapping[str, Mapping[str, Any]]


def _rules(*pairs: tuple[str, str]) -> dict[str, Any]:
    return {"x-kubernetes-validations": [{"rule": rule, "message": message} for rule, message in pairs]}


_UNIQUE = "self.all(x, self.exists_one(y, x == y))"
_LABEL_KEY = r"^([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$"
_CONDITIONS = {"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["type"]}
_BY_NAME = {"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"]}
_ONE_SOURCE = _rules(
    (
        "[has(self.configMap), has(self.pvc)].filter(x, x).size() == 1",
        "name exactly one source: either configMap or pvc",
    )
)

DEPLOYMENT: Overlay = {
    "": _rules(
        (
            f"self.metadata.name.size() <= {names.NAME_LIMIT}",
            f"metadata.name may have at most {names.NAME_LIMIT} characters: its children carry it with a suffix",
        ),
        (
            "self.metadata.name.matches('^[a-z]([-a-z0-9]*[a-z0-9])?$')",
            (
                "metadata.name must begin with a letter and hold only a-z, 0-9 and '-':"
                " it becomes the name of a Service and of the model"
            ),
        ),
    ),
    "spec.model.source": _ONE_SOURCE,
    "spec.model": _rules(
        (
            "!has(self.outputs) || self.outputs.all(o, self.inputs.all(i, i.name != o))",
            "an output may not have the name of an input: rename it in outputs",
        )
    ),
    "spec.model.inputs": _BY_NAME,
    "spec.model.inputs.*.shape": _rules(
        ("self.all(size, size != 0)", "no axis may have size 0: write -1 for one whose size varies")
    ),
    "spec.model.outputs": _rules((_UNIQUE, "each output needs a name of its own")),
    "spec.build.candidates": _rules((_UNIQUE, "list each candidate once, in the order in which to try them")),
    "spec.build.evaluation.metrics": {"x-kubernetes-list-type": "set"},
    "spec.serving.batching": _rules(
        (
            "!has(self.preferredBatchSize) || self.preferredBatchSize.all(size, size <= self.maxBatchSize)",
            "no preferredBatchSize may exceed maxBatchSize: raise maxBatchSize or drop the larger ones",
        )
    ),
    "spec.serving.tolerations": {"x-kubernetes-list-type": "atomic"},
    "spec.serving.tolerations.*": _rules(
        (
            "!has(self.operator) || self.operator != 'Exists' || !has(self.value) || self.value == ''",
            "a toleration with operator Exists has no value: drop it or use Equal",
        ),
        (
            "has(self.key) && self.key != '' || has(self.operator) && self.operator == 'Exists'",
            "a toleration without a key tolerates everything and needs operator Exists",
        ),
        (
            "!has(self.tolerationSeconds) || has(self.effect) && self.effect == 'NoExecute'",
            "tolerationSeconds needs effect NoExecute",
        ),
    ),
    "spec.serving.nodeSelector": {
        **_rules((f"self.all(key, key.matches('{_LABEL_KEY}'))", "each key must be the name of a label")),
        "x-kubernetes-map-type": "atomic",
    },
    "status.conditions": _CONDITIONS,
    "status.history": {"x-kubernetes-list-type": "atomic"},
}

BUILD: Overlay = {
    "spec": _rules(
        *(
            (
                f"self.{part} == oldSelf.{part}",
                f"{part} cannot change: it names the build; change the ModelDeployment, which then asks for another",
            )
            for part in ("request", "source", "store", "images")
        )
    ),
    "spec.source": _ONE_SOURCE,
    "spec.request.model.inputs": _BY_NAME,
    "status.conditions": _CONDITIONS,
}
