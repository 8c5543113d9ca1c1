"""The termination message fits, whatever was said."""

from pathlib import Path

import hypothesis
import pytest
from hypothesis import strategies

from model_builder import contract
from model_builder.reporting import termination

words = strategies.text(max_size=3000)
failures = strategies.builds(
    contract.Failure,
    reason=strategies.sampled_from(contract.FailureReason),
    message=words,
    field=words,
    next_step=words,
)


@hypothesis.given(failures, strategies.sampled_from([1, 10]))
def test_a_report_is_one_line_of_valid_json_that_fits(failure: contract.Failure, times: int) -> None:
    longer = failure.model_copy(update={"message": failure.message * times})
    line = termination.line(contract.Report(step=contract.Step.FETCH, failure=longer))
    assert len(line) <= contract.TERMINATION_MESSAGE_LIMIT
    assert b"\n" not in line
    read = contract.Report.model_validate_json(line)
    assert read.failure
    assert read.failure.reason == failure.reason


@hypothesis.given(failures)
def test_what_fits_is_not_shortened(failure: contract.Failure) -> None:
    report = contract.Report(step=contract.Step.CONVERT, failure=failure)
    line = termination.line(report)
    if len(termination.encode(report)) <= contract.TERMINATION_MESSAGE_LIMIT:
        assert contract.Report.model_validate_json(line) == report


@pytest.mark.parametrize("letter", ["x", "ß", "→", "😀", '"', "\\", "\n", "\x00"])
def test_a_long_message_keeps_its_beginning(letter: str) -> None:
    failure = contract.Failure(reason=contract.FailureReason.EXPORT_FAILED, message="torch: " + letter * 50_000)
    line = termination.line(contract.Report(step=contract.Step.CONVERT, failure=failure))
    read = contract.Report.model_validate_json(line)
    assert read.failure
    assert read.failure.message.startswith("torch: ")
    assert read.failure.message.endswith(termination.ELLIPSIS)
    assert len(line) > contract.TERMINATION_MESSAGE_LIMIT // 2


def estimate(value: float) -> contract.Estimate:
    return contract.Estimate(value=value, low=value - 1 / 3, high=value + 1 / 3)


@pytest.mark.parametrize("message", ["x" * 10_000, "ß" * 3000, '"' * 3000, "accuracy fell by 1.6 points"])
@pytest.mark.parametrize("failed", [True, False])
def test_eight_rungs_and_all_figures_fit(message: str, failed: bool) -> None:  # noqa: FBT001 - a case
    rung = contract.Rung(candidate="int8Static", verdict="inconclusive", message=message)
    drop = contract.Drop(
        value=1 / 3, low=-1 / 3, high=2 / 3, bound=1 / 7, limit=0.01, mode="mixedBatches", worse=123_456, better=123_456
    )
    digest = "sha256:" + "0" * 64
    report = contract.Report(
        step=contract.Step.PUBLISH,
        failure=contract.Failure(reason="GateFailed", message=message * 2, next_step=message) if failed else None,
        candidates=[rung] * 8,
        artifact=digest,
        plan=digest,
        reference="registry.example/" + "r" * 400 + "@" + digest,
        metrics={metric: estimate(2 / 3) for metric in contract.Metric},
        baseline={metric: estimate(2 / 3) for metric in contract.Metric},
        drops=dict.fromkeys(contract.Metric, drop),
        speedup=estimate(2 / 3),
        capacity=contract.ServerCapacity(
            requests_per_second=2 / 3, concurrency=64, latency=2e6 / 3, threads=1, max_batch=32, batch_seconds=128 / 3
        ),
    )
    line = termination.line(report)
    assert len(line) <= contract.TERMINATION_MESSAGE_LIMIT
    read = contract.Report.model_validate_json(line)
    assert [rung.verdict for rung in read.candidates] == [contract.Verdict.INCONCLUSIVE] * 8
    assert all(rung.message.startswith(message[:20]) for rung in read.candidates)
    assert (read.drops, read.capacity) == (report.drops, report.capacity)


def test_a_place_that_cannot_be_written_is_said_in_the_log(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    termination.write(tmp_path / "none" / "log", contract.Report(step=contract.Step.FETCH))
    assert "no termination message" in capsys.readouterr().out


def test_every_reason_has_a_sentence() -> None:
    assert set(contract.SENTENCES) == set(contract.FailureReason)
