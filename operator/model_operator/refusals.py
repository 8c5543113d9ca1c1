"""What a decision wanted and could not be written, as findings for the next look. Pure.

    decide ─► objects ─► all written                      ─► the decision's status
                      └► refused: decide(..., refusals)   ─► that decision's status, and nothing else of it

So a status says in the same handling what was refused, is written once, and says it no more as soon as the object was
written: nothing has to be remembered, and a restart changes nothing.
"""

import dataclasses
from collections.abc import Iterable

from model_operator import conditions, errors, fields, kinds, names, reasons

Finding = conditions.Finding
Outlook = conditions.Outlook
Reason = reasons.Reason

#: Bytes of the API server's words that are shown: the way out stands behind them.
WORDS_LIMIT = 800
#: A wrong name in `resources` is refused once for each container.
CAUSES = 3
#: It is the object that is refused: the same one will be refused again.
_OF_THE_OBJECT = frozenset({400, 413, 422, 500})
_UNKNOWN_FIELD = 500
_FORBIDDEN = 403
#: What begins to run on another object: not written while that one could not be, or is somebody else's.
_STANDS_ON = {kinds.JOB: kinds.CONFIG_MAP, kinds.DEPLOYMENT: kinds.CONTROLLER_REVISION}
#: Without them the servers stay as many as they are.
SCALERS = frozenset({kinds.HORIZONTAL_POD_AUTOSCALER.kind, kinds.SCALED_OBJECT.kind})
#: Where the fields of a kind come from.
_SECTIONS = {
    kinds.JOB.kind: "spec.build",
    kinds.DEPLOYMENT.kind: "spec.serving",
    kinds.CONTROLLER_REVISION.kind: "spec.serving",
    kinds.PERSISTENT_VOLUME_CLAIM.kind: "spec.artifact",
    kinds.INGRESS.kind: "spec.serving.ingress",
    kinds.NETWORK_POLICY.kind: "spec.serving.networkPolicy",
    kinds.HTTP_ROUTE.kind: "spec.serving.gateway",
    kinds.GRPC_ROUTE.kind: "spec.serving.gateway",
    kinds.HORIZONTAL_POD_AUTOSCALER.kind: "spec.serving.autoscaling",
    kinds.SCALED_OBJECT.kind: "spec.serving.autoscaling",
}


@dataclasses.dataclass(frozen=True)
class Refusal:
    """One object that could not be written: its kind, and why. Nobody waits for what only cleans up."""

    kind: str
    finding: Finding
    cleans_up: bool = False


def of_finding(desired: kinds.Manifest, found: errors.Finding) -> Refusal:
    """The object, or a field of it, is somebody else's; or its kind is not served, which may pass."""
    outlook = Outlook.WAITING if isinstance(found, errors.KindMissing) else Outlook.STUCK
    return Refusal(desired["kind"], Finding(Reason(found.reason), str(found), outlook), _cleans_up(desired))


def of_error(desired: kinds.Manifest, error: errors.ApiError) -> Refusal:
    """The API server does not take it."""
    kind, name = desired["kind"], desired["metadata"]["name"]
    outlook = Outlook.STUCK if _is_lasting(error) else Outlook.WAITING
    message = f"the API server refuses {kind} {name!r}: {_words(error)}; {_next_step(kind, error)}"
    return Refusal(kind, Finding(Reason.APPLY_REFUSED, message, outlook), _cleans_up(desired))


def of_rehearsal(desired: kinds.Manifest, error: errors.ApiError) -> Refusal:
    """The API server would not take it as a podTemplate makes it: in its words, with the person's own paths."""
    pods = desired["spec"]["template"]
    said = fields.translated(_words(error), pods)
    field = "" if names.POD_TEMPLATE in said else f"{names.POD_TEMPLATE}: "
    next_step = "nothing is rolled out; mend that field and apply" if _is_lasting(error) else _next_step("", error)
    outlook = Outlook.STUCK if _is_lasting(error) else Outlook.WAITING
    message = f"the API server would refuse the pods: {field}{said}; {next_step}"
    return Refusal(desired["kind"], Finding(Reason.POD_TEMPLATE_INVALID, message, outlook))


def first(refusals: Iterable[Refusal], among: frozenset[str] | None = None) -> Finding | None:
    """The first one, or the first of some kinds: objects are written in the order in which they need each other."""
    waited_for = (one for one in refusals if not one.cleans_up)
    return next((one.finding for one in waited_for if among is None or one.kind in among), None)


def must_wait(desired: kinds.Manifest, unwritten: Iterable[kinds.Kind]) -> bool:
    """Whether it would run on something that could not be written."""
    ground = _STANDS_ON.get(kinds.of_manifest(desired))
    return ground is not None and ground in unwritten


def _cleans_up(desired: kinds.Manifest) -> bool:
    return (desired["metadata"].get("labels") or {}).get(names.COMPONENT_LABEL) == names.COLLECTOR


def _is_lasting(error: errors.ApiError) -> bool:
    """Whether only another spec helps. What a policy denies, or a quota has no room for, may be taken later."""
    return error.status in _OF_THE_OBJECT and "denied" not in error.message


def _words(error: errors.ApiError) -> str:
    """The fields and their faults, always in one order: the API server walks maps, and tells in any."""
    told = sorted({f"{cause.field}: {cause.message}" for cause in error.causes if cause.field})
    if not told:
        return conditions.cut(error.message, WORDS_LIMIT)
    more = f" (and {len(told) - CAUSES} more)" if len(told) > CAUSES else ""
    return conditions.cut(", ".join(told[:CAUSES]), WORDS_LIMIT) + more


def _next_step(kind: str, error: errors.ApiError) -> str:
    """What a person can do, by what the API server says."""
    if "exceeded quota" in error.message:
        return "raise the ResourceQuota or make room in it; it is tried again by itself"
    if "denied" in error.message:
        return "satisfy that policy, or exempt the namespace; it is tried again by itself"
    if error.status == _UNKNOWN_FIELD:
        return "apply the CustomResourceDefinitions of this operator's version"
    if error.status == _FORBIDDEN:
        return "give the operator's service account that right, as the chart does; it is tried again by itself"
    if error.status in _OF_THE_OBJECT:
        return f"mend the field of {_SECTIONS.get(kind, 'spec')} that it comes from, and apply"
    return "it is tried again by itself"
