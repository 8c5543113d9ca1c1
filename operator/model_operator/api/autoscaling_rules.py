"""What the API server checks of spec.serving.autoscaling beyond types: CEL rules with their messages."""

from model_operator.api import autoscaling, overlays

_ACTIVATED = "has(self.queries) && self.queries.exists(q, has(q.activation))"
_ZERO = "has(self.minReplicas) && self.minReplicas == 0"
_KEDA = "has(self.engine) && self.engine == 'keda'"

_POSITIVE = overlays.rules(
    ("quantity(string(self)).isGreaterThan(quantity('0'))", "target must be more than 0: it is what one server takes")
)

#: Paths and rules, as in `rules`.
OVERLAY: overlays.Overlay = {
    "spec.serving.autoscaling": overlays.rules(
        ("!has(self.minReplicas) || self.minReplicas <= self.maxReplicas", autoscaling.MIN_ABOVE_MAX),
        (f"!({_ZERO}) || {_KEDA}", autoscaling.ZERO_NEEDS_KEDA),
        (f"!({_ZERO}) || {_ACTIVATED}", autoscaling.ZERO_NEEDS_ACTIVATION),
        (f"!has(self.metrics) || self.metrics.size() == 0 || !({_KEDA})", autoscaling.METRICS_NEED_HPA),
        (f"!has(self.queries) || self.queries.size() == 0 || {_KEDA}", autoscaling.QUERIES_NEED_KEDA),
        ("!has(self.scaleDownAfter) || duration(self.scaleDownAfter) <= duration('1h')", autoscaling.WAIT_TOO_LONG),
    ),
    "spec.serving.autoscaling.metrics": {"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"]},
    "spec.serving.autoscaling.metrics.*.target": _POSITIVE,
    "spec.serving.autoscaling.queries.*.target": _POSITIVE,
    "spec.serving.autoscaling.queries": {"x-kubernetes-list-type": "atomic"},
}
