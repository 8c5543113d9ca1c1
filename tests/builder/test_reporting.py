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


def test_a_place_that_cannot_be_written_is_said_in_the_log(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    termination.write(tmp_path / "none" / "log", contract.Report(step=contract.Step.FETCH))
    assert "no termination message" in capsys.readouterr().out


def test_every_reason_has_a_sentence() -> None:
    assert set(contract.SENTENCES) == set(contract.FailureReason)
