"""The gate, on tables that can be counted by hand."""

import hypothesis
import numpy as np
import pytest
import sklearn.metrics
from hypothesis import strategies

from model_builder import arrays, contract
from model_builder.optimizing import differences, gating

ACCURACY, RECALL, F1 = contract.Metric.ACCURACY, contract.Metric.RECALL, contract.Metric.F1
ALONE, FULL, MIXED = contract.Mode
PASSED, FAILED, INCONCLUSIVE = contract.Verdict.PASSED, contract.Verdict.FAILED, contract.Verdict.INCONCLUSIVE
ORDER = gating.ORDER


def table(both: int, worse: int, better: int, neither: int) -> tuple[arrays.Array, arrays.Array, arrays.Array]:
    """Labels of class 0, and what the two models answer: 0 is right, 1 is wrong."""
    counts = [both, worse, better, neither]
    labels = np.zeros(sum(counts), int)
    return labels, np.repeat([0, 0, 1, 1], counts), np.repeat([0, 1, 0, 1], counts)


def gate(confidence: float | None = None, **limits: float) -> contract.Gate:
    return contract.Gate(max_drop=contract.MaxDrop(**limits), confidence=confidence)


def judged(rows: tuple[arrays.Array, arrays.Array, arrays.Array], asked: contract.Gate) -> gating.Judgement:
    labels, baseline, candidate = rows
    return gating.judge(labels, baseline, {ALONE: candidate}, asked, [ACCURACY])


@pytest.mark.parametrize(
    ("rows", "confidence", "verdict"),
    [
        (table(440, 4, 0, 6), None, PASSED),  # 0.89 points
        (table(440, 5, 0, 5), None, FAILED),  # 1.11 points
        (table(440, 5, 1, 4), None, PASSED),  # net 0.89 points
        (table(96, 1, 0, 3), None, PASSED),  # exactly the limit
        (table(440, 0, 5, 5), None, PASSED),  # better than the original
        (table(440, 4, 0, 6), 0.95, INCONCLUSIVE),
        (table(440, 5, 0, 5), 0.95, FAILED),  # a bound mends no point estimate
        (table(444, 0, 0, 6), 0.95, PASSED),
        (table(10_000, 20, 10, 100), 0.95, PASSED),
    ],
)
def test_a_candidate_is(rows: tuple[arrays.Array, ...], confidence: float | None, verdict: contract.Verdict) -> None:
    labels, baseline, candidate = rows
    assert judged((labels, baseline, candidate), gate(confidence, accuracy=0.01)).verdict == verdict


def test_accuracy_has_the_interval_of_agresti_and_min() -> None:
    # b = 8, c = 1, n = 450 by hand: cells 8.5 and 1.5 of 452; 7/452 = 0.015487;
    # sqrt(8.5 + 1.5 - 49/452) / 452 = 3.145051 / 452 = 0.0069581; 1.959964 of them are 0.0136376
    drop = judged(table(438, 8, 1, 3), gate()).drops[ACCURACY]
    assert drop.value == 7 / 450
    assert (drop.low, drop.high) == pytest.approx((0.0018494, 0.0291245), abs=1e-6)
    assert (drop.worse, drop.better, drop.bound, drop.limit) == (8, 1, None, None)


def test_the_one_sided_bound_has_the_quantile_of_its_confidence() -> None:
    # as above, with 1.644854
    drop = judged(table(438, 8, 1, 3), gate(0.95, accuracy=0.05)).drops[ACCURACY]
    assert drop.bound == pytest.approx(0.015487 + 1.644854 * 0.0069581, abs=1e-5)


def test_no_difference_is_still_uncertain() -> None:
    drop = judged(table(100, 0, 0, 0), gate()).drops[ACCURACY]
    assert drop.value == 0
    assert drop.low < 0 < drop.high


@pytest.mark.parametrize("metric", [RECALL, F1])
def test_a_macro_metric_has_the_interval_of_resampled_rows(metric: contract.Metric) -> None:
    numbers = np.random.default_rng(3)
    labels = numbers.integers(0, 4, 300)
    baseline = np.where(numbers.random(300) < 0.9, labels, numbers.integers(0, 4, 300))
    candidate = np.where(numbers.random(300) < 0.9, baseline, numbers.integers(0, 4, 300))
    score = sklearn.metrics.recall_score if metric == RECALL else sklearn.metrics.f1_score

    def fall(rows: arrays.Array) -> float:
        before, after = (score(labels[rows], side[rows], average="macro") for side in (baseline, candidate))
        return float(before - after)

    expected = np.quantile([fall(numbers.integers(0, 300, 300)) for _ in range(500)], [0.025, 0.975])
    found = differences.of(differences.paired(labels, baseline, candidate), metric, None)
    assert found.fall == pytest.approx(fall(np.arange(300)))
    assert (found.low, found.high) == pytest.approx(tuple(expected), abs=0.01)


def test_the_worst_mode_counts_and_is_named() -> None:
    labels, baseline, wrong = table(440, 5, 0, 5)
    found = gating.judge(
        labels, baseline, {ALONE: baseline, FULL: baseline, MIXED: wrong}, gate(accuracy=0.01), [ACCURACY]
    )
    assert (found.verdict, found.drops[ACCURACY].mode) == (FAILED, MIXED)
    assert "in mixed batches" in found.words


def test_the_words_of_a_failure_have_the_numbers() -> None:
    assert judged(table(438, 8, 1, 3), gate(accuracy=0.01)).words == (
        "accuracy fell by 1.6 points (0.991 to 0.976, interval 0.2 to 2.9), allowed is 1.0; "
        "8 of 450 samples worse, 1 better"
    )


def test_a_drop_just_above_the_limit_does_not_look_like_it() -> None:
    words = judged(table(2400, 51, 0, 2549), gate(accuracy=0.01)).words
    assert "accuracy fell by 1.02 points" in words
    assert "allowed is 1.00" in words


def test_every_metric_that_fails_is_named_and_no_other() -> None:
    labels, baseline, candidate = table(438, 8, 1, 3)
    asked = gate(accuracy=0.01, recall=0.01, f1=0.9)
    words = gating.judge(labels, baseline, {ALONE: candidate}, asked, [ACCURACY]).words
    assert "accuracy fell" in words
    assert "recall fell" in words
    assert "f1" not in words


def test_a_limited_metric_is_computed_although_nobody_asked_to_see_it() -> None:
    assert set(judged(table(10, 0, 0, 0), gate(f1=0.1)).drops) == {ACCURACY, F1}


def test_too_few_samples_say_how_many_would_decide() -> None:
    found = judged(table(440, 4, 0, 6), gate(0.95, accuracy=0.02))
    assert found.verdict == PASSED
    found = judged(table(440, 4, 0, 6), gate(0.95, accuracy=0.012))
    assert found.verdict == INCONCLUSIVE
    # deviation² = 5/452 - (4/452)² = 0.010984; (1.644854² x 0.010984) / (0.012 - 4/450)² = 3,071
    assert "about 3,100 samples like these would decide" in found.words


def test_so_many_samples_do_decide() -> None:
    found = judged(table(3_072 - 27 - 41, 27, 0, 41), gate(0.95, accuracy=0.012))
    assert found.verdict == PASSED


@pytest.mark.parametrize(("rows", "refused"), [(99, True), (100, False), (450, False)])
def test_a_set_in_which_one_sample_is_more_than_the_limit_is_too_small(rows: int, refused: object) -> None:
    error = gating.too_small("test.npz", rows, gate(accuracy=0.01))
    assert (error is not None) is refused


def test_a_set_that_is_too_small_is_told_how_many_rows_are_needed() -> None:
    error = gating.too_small("test.npz", 40, gate(accuracy=0.01, recall=0.005))
    assert error
    assert error.failure.reason == contract.FailureReason.EVALUATION_TOO_SMALL
    assert "test.npz has 40 rows, of which one is 2.5 points: a drop of 0.5" in error.failure.message
    assert "at least 200 held-back samples" in error.failure.next_step


classes = strategies.integers(0, 3)
rows = strategies.lists(strategies.tuples(classes, classes, classes), min_size=5, max_size=60)
gates = strategies.builds(
    contract.Gate,
    max_drop=strategies.builds(contract.MaxDrop, accuracy=strategies.floats(0.01, 0.5)),
    confidence=strategies.one_of(strategies.none(), strategies.floats(0.5, 0.99)),
)


@hypothesis.given(rows, gates, strategies.data())
def test_one_more_wrong_answer_never_raises_the_verdict(
    answered: list[tuple[int, int, int]], asked: contract.Gate, data: strategies.DataObject
) -> None:
    labels, baseline, candidate = np.array(answered).T
    right = np.flatnonzero(candidate == labels)
    hypothesis.assume(len(right))
    worse = candidate.copy()
    changed = data.draw(strategies.sampled_from(right.tolist()))
    worse[changed] = (labels[changed] + 1) % 4
    before, after = (judged((labels, baseline, side), asked) for side in (candidate, worse))
    assert ORDER.index(after.verdict) >= ORDER.index(before.verdict)
    assert after.drops[ACCURACY].value > before.drops[ACCURACY].value


@hypothesis.given(rows, gates, strategies.randoms())
def test_the_order_of_the_samples_does_not_matter(
    answered: list[tuple[int, int, int]], asked: contract.Gate, source: object
) -> None:
    shuffled = list(answered)
    source.shuffle(shuffled)
    first, second = (
        gating.judge(*np.array(each).T[:2], {ALONE: np.array(each).T[2]}, asked, [ACCURACY, F1])
        for each in (answered, shuffled)
    )
    assert first == second


@hypothesis.given(rows, gates)
def test_the_interval_holds_what_was_measured(answered: list[tuple[int, int, int]], asked: contract.Gate) -> None:
    labels, baseline, candidate = np.array(answered).T
    for drop in gating.judge(labels, baseline, {ALONE: candidate}, asked, contract.Metric).drops.values():
        assert drop.low <= drop.value <= drop.high
        assert drop.bound is None or drop.bound >= drop.value


@hypothesis.given(rows, gates)
def test_another_mode_never_raises_the_verdict(answered: list[tuple[int, int, int]], asked: contract.Gate) -> None:
    labels, baseline, candidate = np.array(answered).T
    one = gating.judge(labels, baseline, {ALONE: candidate}, asked, [ACCURACY])
    two = gating.judge(labels, baseline, {ALONE: candidate, FULL: baseline}, asked, [ACCURACY])
    assert one.drops == two.drops or two.drops[ACCURACY].value == 0
    assert ORDER.index(two.verdict) >= ORDER.index(one.verdict)
