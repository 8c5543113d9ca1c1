"""What the API server checks of how clients reach the servers: part of `rules`."""

from model_operator import names
from model_operator.api import overlays, types

#: What a map's keys must be: names of labels, or of annotations.
_KEYS = f"self.all(key, key.indexOf('/') <= 253 && key.matches(r'^{types.LABEL_KEY}$'))"
_NAME_NO_ADDRESS = ("!isIP(self)", "a host is a name, and no address")
_ANNOTATIONS = {
    **overlays.rules(
        (_KEYS, "each key must be the name of an annotation"),
        (
            f"self.all(key, !key.startsWith('{names.GROUP}/'))",
            f"annotations below {names.GROUP}/ are the operator's own: drop them",
        ),
    ),
    "x-kubernetes-map-type": "atomic",
}
#: As Kubernetes itself judges a NetworkPolicy, told where it is written.
_SELECTOR: overlays.Overlay = {
    "matchLabels": {
        **overlays.rules((_KEYS, "each key must be the name of a label")),
        "x-kubernetes-map-type": "atomic",
    },
    "matchExpressions": {"x-kubernetes-list-type": "atomic"},
    "matchExpressions.*": overlays.rules(
        (
            "(self.operator in ['In', 'NotIn']) == (has(self.values) && self.values.size() > 0)",
            "In and NotIn need values, Exists and DoesNotExist have none",
        ),
        ("self.key.indexOf('/') <= 253", "the part of key before the / may have at most 253 characters"),
    ),
    "matchExpressions.*.values": {"x-kubernetes-list-type": "atomic"},
}
#: `namespace` is a word of the rules' own language, and is escaped there.
_PARENTS_APART = (
    "self.all(one, self.exists_one(other, one.name == other.name"
    " && (has(one.__namespace__) ? one.__namespace__ : '') == (has(other.__namespace__) ? other.__namespace__ : '')"
    " && (!has(one.sectionName) || !has(other.sectionName) || one.sectionName == '' || other.sectionName == ''"
    " || one.sectionName == other.sectionName)))"
)
_PEER = "spec.serving.networkPolicy.from.*"
OVERLAY: overlays.Overlay = {
    "spec.serving.ingress.host": overlays.rules(_NAME_NO_ADDRESS),
    "spec.serving.ingress.annotations": _ANNOTATIONS,
    "spec.serving.gateway": overlays.rules(
        (
            "!has(self.grpcHostnames) || self.grpcHostnames.all(name, !(name in self.hostnames))",
            "a name is either in hostnames or in grpcHostnames: a listener takes one kind of route for it",
        )
    ),
    "spec.serving.gateway.parentRefs": {
        **overlays.rules(
            (_PARENTS_APART, "name each Gateway once, or else a listener of it (sectionName) in each reference")
        ),
        "x-kubernetes-list-type": "atomic",
    },
    "spec.serving.gateway.hostnames": {"x-kubernetes-list-type": "set"},
    "spec.serving.gateway.hostnames.*": overlays.rules(_NAME_NO_ADDRESS),
    "spec.serving.gateway.grpcHostnames": {"x-kubernetes-list-type": "set"},
    "spec.serving.gateway.grpcHostnames.*": overlays.rules(_NAME_NO_ADDRESS),
    "spec.serving.networkPolicy.from": {"x-kubernetes-list-type": "atomic"},
    _PEER: overlays.rules(
        (
            "has(self.ipBlock) != (has(self.podSelector) || has(self.namespaceSelector))",
            "a peer is either an ipBlock, or a podSelector, a namespaceSelector, or both of them",
        )
    ),
    f"{_PEER}.ipBlock": overlays.rules(
        ("isCIDR(self.cidr)", "cidr must be a block of addresses, e.g. 10.0.0.0/8"),
        (
            (
                "!has(self.except) || !isCIDR(self.cidr) || self.except.all(block, isCIDR(block) && block != self.cidr"
                " && cidr(self.cidr).containsCIDR(block))"
            ),
            "each block in except must lie within cidr",
        ),
    ),
    f"{_PEER}.ipBlock.except": {"x-kubernetes-list-type": "atomic"},
    **{
        f"{_PEER}.{selector}.{path}": rule
        for selector in ("podSelector", "namespaceSelector")
        for path, rule in _SELECTOR.items()
    },
}
