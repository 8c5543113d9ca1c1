"""What a sentinel writes is what the operator reads: both sides of one JSON."""

import pytest

from model_operator.deployments import sentinels
from model_serving.sentinel import decide, endpoints, traffic

VERDICT = decide.Verdict(ok=False, reason=decide.Reason.GOLDEN_WRONG, message="output y differs")


def said(window):
    board = endpoints.Board()
    board.state = decide.State(reason=decide.Reason.GOLDEN_WRONG, looks=7)
    board.window = window
    return sentinels.read(endpoints.body(VERDICT, endpoints.report(board)))


@pytest.mark.parametrize(
    ("window", "expected"),
    [
        (None, None),
        (traffic.Traffic(60.0, 100, 2, 3.25), sentinels.Traffic(60.0, 100, 2, 3.25)),
        (traffic.Traffic(60.0, 0, 0, None), sentinels.Traffic(60.0, 0, 0, 0.0)),
    ],
)
def test_the_operator_understands_the_sentinel(window, expected):
    report = said(window)
    assert report == sentinels.Report(
        ready=False, reason="GoldenWrong", message="output y differs", looks=7, traffic=expected
    )


def test_no_report_is_longer_than_what_is_read():
    from model_operator import reading

    board = endpoints.Board()
    long = decide.Verdict(ok=False, reason=decide.Reason.MODEL_NOT_LOADED, message="x" * 100_000)
    assert len(endpoints.body(long, endpoints.report(board))) < reading.SENTINEL_LIMIT
