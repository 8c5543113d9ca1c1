"""What the cluster's administrator, or the owner of a Secret, does not let a ModelDeployment use. Pure.

A spec that names it is refused; what serves goes on.
"""

from collections.abc import Mapping, Sequence

from model_operator import conditions, names, policies, reasons
from model_operator.api import deployment
from model_operator.deployments import state

Reason = reasons.Reason
Finding = conditions.Finding


def image_not_allowed(observed: state.Observed, spec: deployment.ModelDeploymentSpec) -> Finding | None:
    """A container would run an image that is on no list."""
    named = policies.images_named(spec)
    return _unlisted(Reason.IMAGE_NOT_ALLOWED, "policy.images", observed.policy.images, named)


def source_not_allowed(observed: state.Observed, spec: deployment.ModelDeploymentSpec) -> Finding | None:
    """A model would come from where none may come from."""
    named = policies.sources_named(spec)
    return _unlisted(Reason.SOURCE_NOT_ALLOWED, "policy.sources", observed.policy.sources, named)


def registry_not_allowed(observed: state.Observed, spec: deployment.ModelDeploymentSpec) -> Finding | None:
    """Artifacts would go where none may go."""
    named = policies.registries_named(spec)
    return _unlisted(Reason.REGISTRY_NOT_ALLOWED, "policy.registries", observed.policy.registries, named)


def secret_not_offered(observed: state.Observed, spec: deployment.ModelDeploymentSpec) -> Finding | None:
    """Whoever may write a ModelDeployment may otherwise use every Secret of the namespace. Waits: it may be offered."""
    if not observed.policy.secret_label:
        return None
    for field, name in policies.secrets_named(spec).items():
        labels = observed.secrets.get(name)
        if labels is None:
            return Finding(
                Reason.SECRET_NOT_OFFERED,
                f"{field}: Secret {name!r} does not exist in this namespace; create it with the label"
                f' {names.USE_LABEL}: "true"',
            )
        if labels.get(names.USE_LABEL) != "true":
            return Finding(
                Reason.SECRET_NOT_OFFERED,
                f"{field}: Secret {name!r} is not offered to ModelDeployments; whoever owns it does so with"
                f" kubectl label secret {name} {names.USE_LABEL}=true",
            )
    return None


CHECKS = (image_not_allowed, source_not_allowed, registry_not_allowed, secret_not_offered)


def _unlisted(reason: Reason, value: str, patterns: Sequence[str], named: Mapping[str, str]) -> Finding | None:
    """The first that no pattern matches."""
    for field, text in named.items():
        if not policies.allows(patterns, text):
            return Finding(
                reason,
                f"{field}: {text!r} is not on the list of the cluster's administrator ({value} of the operator's"
                f" chart: {_shown(patterns)}); use one that is, or ask for it to be listed",
                conditions.Outlook.STUCK,
            )
    return None


def _shown(patterns: Sequence[str], most: int = 5) -> str:
    more = f" and {len(patterns) - most} more" if len(patterns) > most else ""
    return f"{', '.join(patterns[:most])}{more}"
