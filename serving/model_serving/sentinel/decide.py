"""What to tell the kubelet: state and observation in, state and verdicts out. Pure.

                     startup    readiness                                     liveness
    absent           no         no                                            no after the limit, once it was there
    silent           yes        no, unless others succeed                     no after the limit, unless others succeed
    model not ready  yes        no, with Triton's words                       yes: a restart loads the same model
    golden wrong     yes        no until first right, then yes with reason    yes: a restart computes the same
    failed           yes        no, unless others succeed                     no after ten seconds, likewise
    stalled          yes        no, unless others succeed                     no after the limit, unless others succeed
    golden right     yes        yes                                           yes

"Others succeed" is Triton's count of clients' successes advancing: a busy server is not a dead one.
"""

import dataclasses
import enum


class Server(enum.StrEnum):
    """How Triton answered."""

    ABSENT = "absent"
    """Nothing listens: it has not finished loading, or its process is gone."""
    SILENT = "silent"
    """It accepts connections and does not answer."""
    NOT_READY = "notReady"
    """It answers that the model is not ready."""
    READY = "ready"
    """It answers that the model is ready."""


class Golden(enum.StrEnum):
    """How the inference with the known answer ended."""

    UNTRIED = "untried"
    """The model was not ready."""
    NONE = "none"
    """The artifact has no golden samples."""
    RIGHT = "right"
    """The values that the build saw."""
    WRONG = "wrong"
    """Other values, or a request that Triton calls invalid: the model is not the one that was built."""
    FAILED = "failed"
    """An error of the server."""
    STALLED = "stalled"
    """No answer in time, or none for now: a full queue says so with 503."""


class Reason(enum.StrEnum):
    """Why a verdict is as it is, in one word."""

    SERVING = "Serving"
    BUSY = "Busy"
    TRITON_ABSENT = "TritonAbsent"
    TRITON_SILENT = "TritonSilent"
    MODEL_NOT_LOADED = "ModelNotLoaded"
    GOLDEN_PENDING = "GoldenPending"
    GOLDEN_WRONG = "GoldenWrong"
    GOLDEN_FAILED = "GoldenFailed"
    GOLDEN_STALLED = "GoldenStalled"


@dataclasses.dataclass(frozen=True)
class Observation:
    """One look at the server."""

    now: float
    """Seconds on the monotonic clock."""
    server: Server
    golden: Golden = Golden.UNTRIED
    successes: int | None = None
    """Requests of others that succeeded since the model was loaded, by Triton's count; None when it did not tell."""
    message: str = ""
    """The details, in Triton's words where there are some."""


@dataclasses.dataclass(frozen=True)
class State:
    """What is remembered from one look to the next."""

    server: Server = Server.ABSENT
    started: bool = False
    """Triton answered at least once."""
    proven: bool = False
    """The golden values came out right at least once: this pod was Ready."""
    failing_since: float | None = None
    """Since when nothing succeeds, in seconds on the monotonic clock."""
    erring_since: float | None = None
    """Since when, besides, every look met an error of the server."""
    successes: int | None = None
    reason: Reason | None = None
    """Of the last readiness."""
    looks: int = 0
    """How many in a row had that reason."""
    dead: bool = False
    """Liveness said no to a server that is there."""
    deaths: int = 0
    """How often it came to that: the kubelet then restarts it."""


@dataclasses.dataclass(frozen=True)
class Verdict:
    """One probe's answer."""

    ok: bool
    reason: Reason
    message: str = ""


@dataclasses.dataclass(frozen=True)
class Verdicts:
    """The three probes' answers."""

    startup: Verdict
    readiness: Verdict
    liveness: Verdict


#: Before the first look.
UNKNOWN = Verdict(ok=False, reason=Reason.TRITON_ABSENT, message="not looked yet")
BEGINNING = Verdicts(startup=UNKNOWN, readiness=UNKNOWN, liveness=dataclasses.replace(UNKNOWN, ok=True))


#: Seconds for which a server that answers with nothing but errors is given: no request is waited for, so none is slow.
ERRING = 10.0


def decide(state: State, seen: Observation, limit: float, erring: float = ERRING) -> tuple[State, Verdicts]:
    """`limit`: seconds without any success after which the server is dead; `erring`: those of errors alone."""
    busy = _others_succeed(state, seen)
    readiness = _readiness(state, seen, busy=busy)
    after = State(
        server=seen.server,
        started=state.started or seen.server is not Server.ABSENT,
        proven=state.proven or seen.golden is Golden.RIGHT,
        failing_since=_failing_since(state, seen),
        erring_since=_erring_since(state, seen, busy=busy),
        successes=seen.successes if seen.successes is not None else state.successes,
        reason=readiness.reason,
        looks=state.looks + 1 if readiness.reason is state.reason else 1,
    )
    liveness = _liveness(after, seen, limit, erring)
    # A process that is gone did not end by this verdict.
    dead = not liveness.ok and (state.dead or seen.server is not Server.ABSENT)
    after = dataclasses.replace(after, dead=dead, deaths=state.deaths + (dead and not state.dead))
    return after, Verdicts(_startup(after, seen), readiness, liveness)


def _failing_since(state: State, seen: Observation) -> float | None:
    """A server that came back starts anew: the trouble of its former life is not its own."""
    trouble = seen.server in (Server.ABSENT, Server.SILENT) or seen.golden in (Golden.FAILED, Golden.STALLED)
    if not trouble or not (state.started or seen.server is not Server.ABSENT) or _others_succeed(state, seen):
        return None
    returned = state.server is Server.ABSENT and seen.server is not Server.ABSENT
    return seen.now if state.failing_since is None or returned else state.failing_since


def _erring_since(state: State, seen: Observation, *, busy: bool) -> float | None:
    """An error is an answer at once: a backend that is dead gives it to everybody."""
    if seen.golden is not Golden.FAILED or busy:
        return None
    return seen.now if state.erring_since is None else state.erring_since


def _others_succeed(state: State, seen: Observation) -> bool:
    """A smaller count than before belongs to a model loaded anew: nothing to compare with."""
    return seen.successes is not None and state.successes is not None and seen.successes > state.successes


def _startup(state: State, seen: Observation) -> Verdict:
    """With model control mode none Triton listens once it has tried to load: loading is over, well or not.

    Not "the model is ready": a failing startup probe restarts the container, and a restart mends no model.
    """
    return Verdict(ok=state.started and seen.server is not Server.ABSENT, reason=_reason(seen), message=seen.message)


def _readiness(state: State, seen: Observation, *, busy: bool) -> Verdict:
    reason = _reason(seen)
    if reason in (Reason.GOLDEN_FAILED, Reason.GOLDEN_STALLED, Reason.TRITON_SILENT) and busy:
        reason = Reason.BUSY if state.proven else Reason.GOLDEN_PENDING
    harmless = {Reason.SERVING, Reason.BUSY}
    if state.proven:
        # From here on wrong values are the rollback's affair: pods that leave one by one would only hide them.
        harmless.add(Reason.GOLDEN_WRONG)
    return Verdict(ok=reason in harmless, reason=reason, message=seen.message)


def _liveness(state: State, seen: Observation, limit: float, erring: float) -> Verdict:
    silent, wrong = (seen.now - (seen.now if at is None else at) for at in (state.failing_since, state.erring_since))
    if silent < limit and wrong < erring:
        return Verdict(ok=True, reason=_reason(seen), message=seen.message)
    seconds = round(max(silent, wrong))
    return Verdict(ok=False, reason=_reason(seen), message=f"nothing succeeded for {seconds} s: {seen.message}")


def _reason(seen: Observation) -> Reason:
    """Of what was seen alone."""
    if seen.server is not Server.READY:
        return {
            Server.ABSENT: Reason.TRITON_ABSENT,
            Server.SILENT: Reason.TRITON_SILENT,
            Server.NOT_READY: Reason.MODEL_NOT_LOADED,
        }[seen.server]
    return {
        Golden.UNTRIED: Reason.GOLDEN_PENDING,
        Golden.NONE: Reason.SERVING,
        Golden.RIGHT: Reason.SERVING,
        Golden.WRONG: Reason.GOLDEN_WRONG,
        Golden.FAILED: Reason.GOLDEN_FAILED,
        Golden.STALLED: Reason.GOLDEN_STALLED,
    }[seen.golden]
