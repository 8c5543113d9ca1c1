"""Conditions: why a resource is as it is, in a word and a sentence, as kubectl, kstatus and a person read them.

    findings ─► settle(previous, drafts) ─► conditions with their transition times

Ready is a summary, made in one place by each kind's `statuses`. Reconciling and Stalled are there only when so
(kstatus takes their presence for a state), and so is UpdateAvailable, which no other condition depends on.
"""

import dataclasses
import datetime as dt
import enum
from collections.abc import Iterable, Sequence

from model_operator import decisions, reasons
from model_operator.api import types

#: Bytes kept of a message: what a person reads. All conditions together then stay well below 16 kB.
MESSAGE_LIMIT = 1200
_ELLIPSIS = "…"


class Type(enum.StrEnum):
    """What a condition is about."""

    ACCEPTED = "Accepted"
    BUILT = "Built"
    AVAILABLE = "Available"
    HEALTHY = "Healthy"
    READY = "Ready"
    RECONCILING = "Reconciling"
    STALLED = "Stalled"
    AUTOSCALING_ACTIVE = "AutoscalingActive"
    UPDATE_AVAILABLE = "UpdateAvailable"


class Outlook(enum.StrEnum):
    """What becomes of a finding if nobody does anything."""

    WAITING = "waiting"
    """It may heal by itself: Reconciling."""
    STUCK = "stuck"
    """Somebody has to change something: Stalled."""
    PAUSED = "paused"
    """Somebody asked for it: neither."""


@dataclasses.dataclass(frozen=True)
class Finding:
    """Something that keeps a resource from being as wanted."""

    reason: reasons.AnyReason
    message: str
    outlook: Outlook = Outlook.WAITING


@dataclasses.dataclass(frozen=True)
class Draft:
    """A condition before it has a history."""

    type: Type
    status: bool
    reason: reasons.AnyReason
    message: str


def from_finding(type_: Type, finding: Finding | None, otherwise: tuple[reasons.Reason, str]) -> Draft:
    """False with the finding's words, or True with others."""
    if finding is None:
        return Draft(type_, True, *otherwise)
    return Draft(type_, False, finding.reason, finding.message)


def summary(finding: Finding | None, otherwise: tuple[reasons.Reason, str]) -> list[Draft]:
    """Ready, and what kstatus wants beside it: the only place where Ready is made."""
    drafts = [from_finding(Type.READY, finding, otherwise)]
    return drafts + progress(finding)


def progress(finding: Finding | None) -> list[Draft]:
    """Reconciling or Stalled, or neither."""
    types_of = {Outlook.WAITING: Type.RECONCILING, Outlook.STUCK: Type.STALLED}
    if finding is None or finding.outlook not in types_of:
        return []
    return [Draft(types_of[finding.outlook], True, finding.reason, finding.message)]


def settle(
    previous: Iterable[types.Condition], drafts: Sequence[Draft], generation: int, now: dt.datetime
) -> list[types.Condition]:
    """The conditions to write: a condition keeps its transition time while its status stays."""
    before = {condition.type: condition for condition in previous}
    return [_settled(before.get(draft.type), draft, generation, now) for draft in drafts]


def _settled(before: types.Condition | None, draft: Draft, generation: int, now: dt.datetime) -> types.Condition:
    status = str(draft.status)
    since = before.last_transition_time if before and before.status == status else timestamp(now)
    return types.Condition(
        type=draft.type,
        status=status,
        reason=draft.reason,
        message=cut(draft.message),
        last_transition_time=since,
        observed_generation=generation,
    )


def news(
    before: Iterable[types.Condition], after: Iterable[types.Condition], about: Sequence[Type]
) -> tuple[decisions.Event, ...]:
    """Events for what changed its status or its reason.

    A message that changes alone is no news; nor is that a spec is accepted, unless it was not before.
    """
    known = {condition.type: _said(condition) for condition in before}
    present = list(after)
    bad = {condition.reason for condition in present if condition.type == Type.STALLED} | reasons.WORRYING
    return tuple(
        decisions.Event(
            condition.reason,
            condition.message,
            decisions.EventType.WARNING if condition.reason in bad else decisions.EventType.NORMAL,
        )
        for condition in present
        if condition.type in about and known.get(condition.type, _expected(condition)) != _said(condition)
    )


def _said(condition: types.Condition) -> tuple[str, str]:
    return condition.status, condition.reason


def _expected(condition: types.Condition) -> tuple[str, str] | None:
    """What nobody need be told of a condition that was never told."""
    return _said(condition) if condition.type in _MATTERS_OF_COURSE and condition.status == "True" else None


#: That they are true from the first is no news.
_MATTERS_OF_COURSE = frozenset({Type.ACCEPTED, Type.HEALTHY})


def again(conditions: Iterable[types.Condition], type_: Type) -> list[Draft]:
    """The condition of a type as it is, where nothing new is known; none when there is none."""
    before = find(conditions, type_)
    return [Draft(type_, before.status == "True", reasons.known(before.reason), before.message)] if before else []


def find(conditions: Iterable[types.Condition], type_: Type) -> types.Condition | None:
    """The condition of a type."""
    return next((condition for condition in conditions if condition.type == type_), None)


def timestamp(now: dt.datetime) -> str:
    """RFC 3339 in UTC, in seconds."""
    return now.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def cut(text: str, limit: int = MESSAGE_LIMIT) -> str:
    """Words for a status: one line, printable, and of bounded length in bytes."""
    if not text.isprintable():
        text = "".join(character if character.isprintable() else " " for character in text)
    line = " ".join(text.split())
    encoded = line.encode()
    if len(encoded) <= limit:
        return line
    return encoded[: limit - len(_ELLIPSIS.encode())].decode(errors="ignore") + _ELLIPSIS
