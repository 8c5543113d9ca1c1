"""What the API server checks beyond types: CEL rules and the kinds of lists, by path.

They stand here and not beside the types because those are the builder's and the server's too, which know nothing
of Kubernetes. A rule speaks of what a person wrote and says what to do. Every list and string that a rule walks
has a bound in its type: the API server refuses rules whose cost it cannot bound.
"""

from model_operator import names
from model_operator.api import autoscaling_rules, network_rules, overlay_rules, overlays, types

Overlay = overlays.Overlay
_rules = overlays.rules
_UNIQUE = "self.all(x, self.exists_one(y, x == y))"
_CONDITIONS = {"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["type"]}
_BY_NAME = {"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"]}
_ONE_SOURCE = _rules(
    (
        "[has(self.configMap), has(self.pvc)].filter(x, x).size() == 1",
        "name exactly one source: either configMap or pvc",
    )
)

_ONE_TARGET = _rules(
    (
        "[has(self.cpu), has(self.gpu)].filter(x, x).size() == 1",
        "name exactly one target: either cpu (portable, vnni or amx) or gpu",
    )
)
#: What a build needs to judge its candidates. The API server holds the default {} against the rules as it is, so even
#: what has a default must be asked for with has().
_LADDER = _rules(
    (
        "!has(self.candidates) || self.candidates.all(name, name == 'none') || has(self.evaluation)",
        (
            "a candidate other than none serves only when it is proven: name held-back samples in"
            " evaluation.data.file, or ask for candidates: [none]"
        ),
    ),
    (
        "!has(self.candidates) || !('int8Static' in self.candidates) || has(self.calibration)",
        (
            "int8Static takes its ranges from data: name samples like those of clients, e.g. a part of the"
            " training data, in calibration.data.file"
        ),
    ),
    (
        "!has(self.calibration) || !has(self.evaluation) || self.calibration.data.file != self.evaluation.data.file",
        (
            "calibration and evaluation may not be the same file: what chooses the ranges cannot prove them;"
            " name held-back samples in evaluation.data.file"
        ),
    ),
)

# Bounds that are no whole numbers stand here too: the API server cuts them when what is written is a whole number, so
# it takes 0 where the minimum is 0.5.
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
    "spec.build": _LADDER,
    "spec.build.target": _ONE_TARGET,
    "spec.build.evaluation.metrics": {"x-kubernetes-list-type": "set"},
    "spec.build.gate": _rules(
        (
            "!has(self.confidence) || self.confidence >= 0.5",
            "confidence is a part of 1, from 0.5 to 0.999: 0.95 asks for a drop below maxDrop with 95 % confidence",
        )
    ),
    "spec.build.gate.maxDrop": _rules(
        (
            "has(self.accuracy) || has(self.recall) || has(self.f1)",
            "limit at least one metric: accuracy, recall or f1; without maxDrop accuracy may fall by 0.01",
        ),
        (
            " && ".join(f"(!has(self.{metric}) || self.{metric} > 0.0)" for metric in ("accuracy", "recall", "f1")),
            "no finite set of samples can prove a drop of 0: the least is 0.0001, one hundredth of a point",
        ),
    ),
    "spec.artifact": _rules(
        (
            "(has(self.store) && self.store == 'oci') == has(self.oci)",
            "oci names the registry of store oci: write both store: oci and oci: {repository: ...}, or neither",
        )
    ),
    "spec.artifact.size": _rules(
        (
            "quantity(string(self)).isGreaterThan(quantity('0'))",
            "a claim cannot have size 0: write how much it shall hold, e.g. 10Gi",
        )
    ),
    "spec.serving.batching": _rules(
        (
            "!has(self.preferredBatchSize) || self.preferredBatchSize.all(size, size <= self.maxBatchSize)",
            "no preferredBatchSize may exceed maxBatchSize: raise maxBatchSize or drop the larger ones",
        )
    ),
    "spec.serving.rollout.canary.steps": {"x-kubernetes-list-type": "atomic"},
    "spec.serving": _rules(
        *overlay_rules.SERVING,
        (
            "!has(self.tls) || !has(self.ingress) && !has(self.gateway)",
            (
                "with tls HTTP is shut, and an Ingress or a Gateway has nothing to lead to: drop tls where they"
                " encrypt, or drop ingress and gateway"
            ),
        ),
        (
            (
                "has(self.gateway) || !has(self.rollout) || !has(self.rollout.canary)"
                " || !has(self.rollout.canary.steps) || self.rollout.canary.steps.all(step, step.weight <= 50)"
            ),
            (
                "rollout.canary.steps: by the number of servers a canary gets at most half of the requests: write a"
                " weight of 50 or less, or route by spec.serving.gateway"
            ),
        ),
    ),
    "spec.serving.gpu": _rules(
        (
            "!has(self.mig) || !has(self.resourceName)",
            "mig names its resource itself (nvidia.com/mig-<profile>): drop resourceName, or drop mig",
        ),
        (
            "!has(self.mig) || !has(self.memory)",
            "the profile of mig says how much memory a slice has: drop memory, or choose a larger profile",
        ),
        (
            "!has(self.mig) || !has(self.count) || self.count == 1",
            "a server can use one slice: choose a larger profile, or raise serving.replicas, and leave count at 1",
        ),
        (
            (
                "!has(self.resourceName) || self.resourceName.startsWith('nvidia.com/')"
                " || !has(self.product) && !has(self.memory)"
            ),
            "product and memory are labels of NVIDIA's GPUs: with another resourceName use serving.nodeSelector",
        ),
    ),
    "spec.serving.gpu.resourceName": _rules(
        (
            (
                "!self.contains('kubernetes.io/') && !self.startsWith('requests.')"
                " && self.size() - self.indexOf('/') <= 64"
            ),
            "resourceName is an extended resource, vendor-domain/name, with at most 63 characters behind the /",
        )
    ),
    "spec.serving.gpu.memory": _rules(
        (
            "quantity(string(self)).isGreaterThan(quantity('0'))",
            "memory is the least that each GPU must have, e.g. 40Gi: drop it where any will do",
        )
    ),
    "spec.serving.shmSize": _rules(
        (
            "quantity(string(self)).isGreaterThan(quantity('0'))",
            "Triton needs shared memory: leave shmSize out for 256Mi",
        )
    ),
    **{f"spec.serving.modelConfig{path}": _rules(*rules) for path, rules in overlay_rules.MODEL_CONFIG.items()},
    "spec.serving.responseCache.size": _rules(
        (
            "quantity(string(self)).compareTo(quantity('1Mi')) >= 0",
            "a response cache has at least 1Mi: Triton does not start with less",
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
            "!has(self.key) || self.key.indexOf('/') <= 253",
            "the part of key before the / may have at most 253 characters",
        ),
        (
            "!has(self.tolerationSeconds) || has(self.effect) && self.effect == 'NoExecute'",
            "tolerationSeconds needs effect NoExecute",
        ),
    ),
    "spec.serving.nodeSelector": {
        **_rules(
            (
                f"self.all(key, key.indexOf('/') <= 253 && key.matches(r'^{types.LABEL_KEY}$'))",
                "each key must be the name of a label",
            )
        ),
        "x-kubernetes-map-type": "atomic",
    },
    **network_rules.OVERLAY,
    **autoscaling_rules.OVERLAY,
    "status.conditions": _CONDITIONS,
    "status.serving.hosts": {"x-kubernetes-list-type": "atomic"},
    "status.serving.routes": {"x-kubernetes-list-type": "atomic"},
    "status.history": {"x-kubernetes-list-type": "atomic"},
    "status.build.candidates": {"x-kubernetes-list-type": "atomic"},
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
    "spec.store": _rules(
        ("[has(self.claimName), has(self.oci)].filter(x, x).size() == 1", "a store is either a claim or a repository")
    ),
    "spec.request.model.inputs": _BY_NAME,
    "status.conditions": _CONDITIONS,
    "status.candidates": {"x-kubernetes-list-type": "atomic"},
}
