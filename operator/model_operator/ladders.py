"""The ladder: which candidates were tried, and why each did not pass. Pure, and the same for both kinds.

    Report.candidates (untrusted) ─► status ─► words of a condition, an Event for each step that did not pass

What did not pass is news, and what serves instead is the condition's.
"""

from collections.abc import Iterable, Sequence

from model_builder import contract
from model_operator import conditions, decisions, reasons
from model_operator.api import types

Reason = reasons.Reason
Verdict = contract.Verdict

#: Steps kept: as many as can be asked for.
LIMIT = 8
#: Bytes kept of what is said of one.
WORDS_LIMIT = 300
#: By the verdict's word: a status holds words, and maybe another version's.
REASONS: dict[str, Reason] = {
    Verdict.FAILED: Reason.CANDIDATE_FAILED,
    Verdict.INCONCLUSIVE: Reason.CANDIDATE_INCONCLUSIVE,
    Verdict.REFUSED: Reason.CANDIDATE_REFUSED,
}


def written(rungs: Iterable[contract.Rung]) -> list[types.Candidate]:
    """The steps as a status keeps them."""
    return [
        types.Candidate(name=rung.candidate, verdict=rung.verdict, message=conditions.cut(rung.message, WORDS_LIMIT))
        for rung in list(rungs)[:LIMIT]
    ]


def chosen(rungs: Iterable[contract.Rung]) -> contract.CandidateName | None:
    """The candidate that is the artifact: the first that passed."""
    return next((rung.candidate for rung in rungs if rung.verdict is Verdict.PASSED), None)


def words(candidates: Sequence[types.Candidate], limit: int) -> str:
    """Every step and its figures in about so many bytes, of which each gets its share."""
    share = max(limit // max(len(candidates), 1), 1)
    return "; ".join(conditions.cut(_told(one), share) for one in candidates)


def fall(candidates: Sequence[types.Candidate], limit: int) -> str:
    """Where one passed: those that did not, or the one that passed at once.

    The float model passes without a word: `none passed` would read as if nothing had.
    """
    fallen = [one for one in candidates if one.verdict != Verdict.PASSED]
    if fallen:
        return words(fallen, limit)
    return "; ".join(f"{one.name} passed" for one in candidates if one.name != contract.CandidateName.NONE)


def news(before: Sequence[types.Candidate], after: Sequence[types.Candidate]) -> tuple[decisions.Event, ...]:
    """An Event for each step that did not pass and was not told before; a warning when nothing passed in its stead."""
    passed = any(one.verdict == Verdict.PASSED for one in after)
    weight = decisions.EventType.NORMAL if passed else decisions.EventType.WARNING
    return tuple(
        decisions.Event(REASONS[one.verdict], f"{one.name}: {one.message}", weight)
        for one in after
        if one.verdict in REASONS and one not in before
    )


def _told(one: types.Candidate) -> str:
    return f"{one.name} {one.verdict}{f': {one.message}' if one.message else ''}"
