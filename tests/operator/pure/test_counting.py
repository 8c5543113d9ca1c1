"""What is counted when a status was written: once, when it came about."""

import pytest

from model_operator import counting, kinds

JOB = {
    "status": {
        "startTime": "2026-01-01T10:00:00Z",
        "completionTime": "2026-01-01T10:01:30Z",
        "conditions": [{"type": "Complete", "status": "True", "lastTransitionTime": "2026-01-01T10:01:31Z"}],
    }
}
FAILED_JOB = {
    "status": {
        "startTime": "2026-01-01T10:00:00Z",
        "conditions": [{"type": "Failed", "status": "True", "lastTransitionTime": "2026-01-01T10:00:20Z"}],
    }
}
PASSED = {"name": "none", "verdict": "passed"}
FELL = {"name": "int8Static", "verdict": "failed", "message": "accuracy fell"}


def status(*said, job="b-1", **more):
    """`said` is `Type=Status/Reason`."""
    conditions = []
    for one in said:
        type_, _, rest = one.partition("=")
        value, _, reason = rest.partition("/")
        conditions.append({"type": type_, "status": value, "reason": reason})
    return {"job": job, "conditions": conditions, **more}


BUILDING = status("Built=False/Building", "Reconciling=True/Building")
BUILT = status("Built=True/Built", candidates=[FELL, PASSED])
FOUND = status("Built=True/Built", cacheHit=True, candidates=[FELL, PASSED])
CRASHED = status("Built=False/BuildCrashed", "Stalled=True/BuildCrashed")
NO_GATE = status("Built=False/GateFailed", "Stalled=True/GateFailed", candidates=[FELL])
TRIED_AGAIN = status("Built=False/Building", "Reconciling=True/Building", job="b-2", candidates=[FELL])
BOTH = (("int8Static", "failed"), ("none", "passed"))
ONE = (("int8Static", "failed"),)
CASES = {
    "it goes on": ({}, BUILDING, ("", ())),
    "it ended well": (BUILDING, BUILT, ("built", BOTH)),
    "so soon that nobody was told that it began": ({}, BUILT, ("built", BOTH)),
    "the store had it: nothing was judged": (BUILDING, FOUND, ("cache_hit", ())),
    "it ended well, and was told before": (BUILT, BUILT, ("", ())),
    "it failed before it judged anything": (BUILDING, CRASHED, ("failed", ())),
    "it failed, and only the words are others": (CRASHED, {**CRASHED, "candidates": [FELL]}, ("", ())),
    "the gate failed": (BUILDING, NO_GATE, ("failed", ONE)),
    "the gate failed again in another attempt": (TRIED_AGAIN, {**NO_GATE, "job": "b-2"}, ("failed", ONE)),
    "another attempt failed before it judged anything": (
        TRIED_AGAIN,
        {**CRASHED, "job": "b-2", "candidates": [FELL]},
        ("failed", ()),
    ),
    "another attempt ended well": (TRIED_AGAIN, {**BUILT, "job": "b-2"}, ("built", BOTH)),
    "no Job was made": ({}, status("Built=False/ApplyRefused", "Stalled=True/ApplyRefused", job=""), ("", ())),
    "a spec that is not understood ends no Job": (
        BUILDING,
        status("Built=False/SpecInvalid", "Stalled=True/SpecInvalid"),
        ("", ()),
    ),
}


@pytest.mark.parametrize(("before", "after", "expected"), CASES.values(), ids=CASES)
def test_builds_and_verdicts(before, after, expected):
    found = counting.news(kinds.MODEL_BUILD, before, after, None)
    assert (found.result, found.verdicts, found.rollback) == (*expected, "")


@pytest.mark.parametrize(
    ("job", "seconds"),
    [(JOB, 90.0), (FAILED_JOB, 20.0), ({"status": {"startTime": "2026-01-01T10:00:00Z"}}, None), (None, None)],
    ids=["complete", "failed", "not known to be over", "gone"],
)
def test_a_build_takes_from_the_start_of_its_job_to_its_end(job, seconds):
    if job:
        job = {"apiVersion": "batch/v1", "kind": "Job", "metadata": {}, **job}
    assert counting.news(kinds.MODEL_BUILD, BUILDING, BUILT, job).seconds == seconds


def rejected(revision, at, reason="ModelNotLoaded"):
    return {"rollout": {"revision": "a", "rejected": {"revision": revision, "reason": reason, "at": at}}}


ROLLBACKS = {
    "sent back": ({"rollout": {"revision": "b"}}, rejected("b", "10:00"), "ModelNotLoaded"),
    "sent back before": (rejected("b", "10:00"), rejected("b", "10:00"), ""),
    "tried again, and sent back again": (rejected("b", "10:00"), rejected("b", "11:00"), "ModelNotLoaded"),
    "another": (rejected("b", "10:00"), rejected("c", "11:00", "AnalysisFailed"), "AnalysisFailed"),
    "let go": (rejected("b", "10:00"), {"rollout": {"revision": "c"}}, ""),
    "nothing is rolled out": ({}, {}, ""),
}


@pytest.mark.parametrize(("before", "after", "reason"), ROLLBACKS.values(), ids=ROLLBACKS)
def test_rollbacks(before, after, reason):
    assert counting.news(kinds.MODEL_DEPLOYMENT, before, after, None) == counting.News(rollback=reason)
