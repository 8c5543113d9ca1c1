"""What goes wrong between the operator and the API server, and where: pure, so that a plan is a value."""

import collections
import dataclasses
import enum
import re

#: Verbs of calls. A watch is a call, too: the one that opens the stream.
WRITES = ("create", "apply", "patch", "delete")
#: Types of events, as a watch sends them.
EVENTS = ("ADDED", "MODIFIED", "DELETED")
_PATH = re.compile(r"/(?:api/v1|apis/[^/]+/[^/]+)(?:/namespaces/([^/]+))?/([^/]+)(?:/([^/]+))?(?:/([^/]+))?$")


class What(enum.StrEnum):
    """What happens to one call, or to one event."""

    REFUSE = "refuse"
    """The call is answered with an error; the API server never sees it."""
    LOSE = "lose the answer of"
    """The API server does it; the connection breaks in the middle of its answer."""
    CUT = "cut"
    """The connection breaks instead: the call is never made; the event, and the rest of its stream, never come."""
    HANG = "hang"
    """The call, or the stream from that event on, is never answered, and the connection stays."""
    DELAY = "delay"
    """It comes late; in a stream all that follows waits behind it."""
    DROP = "drop"
    """An event that never comes, while its stream goes on."""
    DUPLICATE = "duplicate"
    """An event that comes twice."""
    EXPIRE = "expire"
    """The stream says 410 instead of the event, and ends."""
    FAIL = "fail"
    """The stream says 500 instead of the event: what the framework takes for its own end."""
    KILL_BEFORE = "kill before"
    """The operator is killed; the call is never made."""
    KILL_AFTER = "kill after"
    """The API server does it; the operator is killed before it hears of it."""


@dataclasses.dataclass(frozen=True)
class Place:
    """The n-th call of a verb, or event of a type, about a kind."""

    verb: str
    plural: str
    ordinal: int = 1
    times: int = 1
    """How many from there on."""

    def __str__(self) -> str:
        """As a test's report names it."""
        many = f" to {self.ordinal + self.times - 1}" if self.times > 1 else ""
        return f"{self.verb} {self.plural} #{self.ordinal}{many}"


@dataclasses.dataclass(frozen=True)
class Fault:
    """What happens where, and what happens next."""

    what: What
    place: Place
    status: int = 0
    """Of a refusal."""
    seconds: float = 0
    """Of a delay; of a refusal the Retry-After, when there is one."""
    then: "Fault | None" = None
    """Armed, in every namespace, when this one has struck: a cut stream is opened anew by such a call."""

    def __str__(self) -> str:
        """As a test's report names it."""
        detail = f" {self.status}" if self.status else f" {self.seconds:g} s" if self.seconds else ""
        tail = f", then {self.then}" if self.then else ""
        return f"{self.what}{detail} {self.place}{tail}"


@dataclasses.dataclass(frozen=True)
class Call:
    """One request, or one event, as a place is matched with it."""

    verb: str
    plural: str
    namespace: str = ""
    name: str = ""


def call(method: str, path: str, content_type: str, *, watch: bool, continued: bool) -> Call:
    """Read a request. The second page of a LIST is a `continue`; a subresource is part of the plural."""
    match = _PATH.match(path)
    if match is None:
        return Call(method.lower(), path)
    namespace, plural, name, subresource = match.groups(default="")
    verb = {"POST": "create", "DELETE": "delete", "PUT": "update"}.get(method, "get" if name else "list")
    if method == "PATCH":
        verb = "apply" if "apply-patch" in content_type else "patch"
    elif verb == "list":
        verb = "watch" if watch else "continue" if continued else "list"
    return Call(verb, f"{plural}/{subresource}" if subresource else plural, namespace, name)


class Armed:
    """Faults that wait for their place. Not safe between threads by itself: the proxy's loop asks it."""

    def __init__(self) -> None:
        self._waiting: list[tuple[str, Fault]] = []
        self._seen: collections.Counter[tuple[str, Fault]] = collections.Counter()
        self.struck: collections.Counter[str] = collections.Counter()
        """How often faults struck, by namespace."""

    def arm(self, fault: Fault, namespace: str = "") -> None:
        """Have it strike in one namespace, or anywhere."""
        self._waiting = [*self._waiting, (namespace, fault)]

    def clear(self) -> None:
        """Nothing goes wrong any more."""
        self._waiting = []

    def strike(self, about: Call) -> Fault | None:
        """The fault whose place this is; each that matches counts it."""
        hit = None
        for namespace, fault in self._waiting:
            if namespace not in {"", about.namespace} or (fault.place.verb, fault.place.plural) != (
                about.verb,
                about.plural,
            ):
                continue
            self._seen[namespace, fault] += 1
            if hit is None and 0 <= self._seen[namespace, fault] - fault.place.ordinal < fault.place.times:
                hit = (namespace, fault)
        if hit is None:
            return None
        namespace, fault = hit
        self.struck[namespace] += 1
        if fault.then is not None:
            self.arm(fault.then)
        return fault
