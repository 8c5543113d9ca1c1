"""What a server's sentinel tells: asked only while it helps, looked at again, and never more than shown."""

import pytest
from hypothesis import given, strategies
from pure import deployment_rows, making

from model_operator import conditions
from model_operator.deployments import revisiting, sentinels, servers

NOT_LOADED = '{"reason": "ModelNotLoaded", "message": "no GPUs are available"}'


def pod(**status):
    running = [making.running("sentinel"), making.running("triton")]
    return {"metadata": {"name": "digits-1"}, "status": {"podIP": "10.0.0.9", "containerStatuses": running, **status}}


def test_a_model_that_does_not_load_is_no_event_so_the_sentinel_is_asked_again():
    assert deployment_rows.answered(NOT_LOADED).decision.requeue_after == revisiting.SENTINEL_PATIENCE


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        (pod(), "it runs and is not ready"),
        (pod(podIP=""), "it has no address yet"),
        (pod(conditions=[{"type": "Ready", "status": "True"}]), "it is ready"),
        (pod(containerStatuses=[making.waiting("sentinel")]), "its sentinel does not run"),
        ({**pod(), "metadata": {"name": "digits-1", "deletionTimestamp": "now"}}, "it is on its way out"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_only_a_running_server_that_is_not_ready_is_asked(asked, why):
    assert servers.runs_unready(asked) is (why == "it runs and is not ready")


@given(
    strategies.text()
    | strategies.sampled_from(["[]", "null", "1", '{"reason": []}', '{"reason": {"a": 1}}', "[" * 9999])
)
def test_no_answer_of_a_pod_is_too_strange(answer):
    report = sentinels.read(answer)
    assert report is None or servers.told_by_sentinel(report) is None


@pytest.mark.parametrize(
    ("traffic", "expected"),
    [
        ('{"seconds": 60, "succeeded": 5, "failed": 1, "mean_ms": 2.5}', sentinels.Traffic(60, 5, 1, 2.5)),
        ('{"seconds": 59.7, "succeeded": 0, "failed": 0, "mean_ms": null}', sentinels.Traffic(59.7, 0, 0, 0.0)),
        ("null", None),
        ('{"seconds": "long"}', None),
        ('{"seconds": NaN, "succeeded": 1, "failed": 0, "mean_ms": 1}', None),
        ('{"seconds": 1, "succeeded": -1, "failed": 0, "mean_ms": 1}', None),
    ],
)
def test_traffic_is_read_where_it_makes_sense_and_never_hides_the_reason(traffic, expected):
    report = sentinels.read(f'{{"ok": false, "reason": "GoldenWrong", "looks": 130, "traffic": {traffic}}}')
    assert report is not None
    assert (report.reason, report.firm, report.traffic) == ("GoldenWrong", True, expected)


def test_words_of_a_pod_are_cut():
    report = sentinels.read(f'{{"reason": "GoldenWrong", "message": "{"x" * 9999}"}}')
    assert report is not None
    finding = servers.told_by_sentinel(report)
    assert finding is not None
    assert len(finding.message) <= conditions.MESSAGE_LIMIT
