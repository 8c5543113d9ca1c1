import numpy as np
import pytest
import sklearn.metrics

from model_builder import contract
from model_builder.optimizing import metrics

ACCURACY, RECALL, F1 = contract.Metric.ACCURACY, contract.Metric.RECALL, contract.Metric.F1


def estimated(labels: np.ndarray, predictions: np.ndarray) -> dict[contract.Metric, contract.Estimate]:
    return metrics.estimate(metrics.confusion(labels, predictions), contract.Metric)


def noisy(rows: int, classes: int, right: float) -> tuple[np.ndarray, np.ndarray]:
    numbers = np.random.default_rng(1)
    labels = numbers.integers(0, classes, rows)
    return labels, np.where(numbers.random(rows) < right, labels, numbers.integers(0, classes, rows))


@pytest.mark.parametrize("classes", [2, 10, 100])
def test_values_are_those_of_scikit_learn(classes: int) -> None:
    labels, predictions = noisy(3000, classes, 0.8)
    found = {metric: estimate.value for metric, estimate in estimated(labels, predictions).items()}
    assert found == pytest.approx(
        {
            ACCURACY: sklearn.metrics.accuracy_score(labels, predictions),
            RECALL: sklearn.metrics.recall_score(labels, predictions, average="macro"),
            F1: sklearn.metrics.f1_score(labels, predictions, average="macro"),
        }
    )


def test_a_class_without_rows_counts_for_nothing() -> None:
    labels, predictions = np.array([0, 0, 2, 2]), np.array([0, 1, 2, 2])
    found = estimated(labels, predictions)
    assert found[RECALL].value == pytest.approx((0.5 + 1) / 2)
    assert found[F1].value == pytest.approx((2 / 3 + 1) / 2)


def test_accuracy_has_wilson_s_interval() -> None:
    # 445 of 450: Wilson's formula by hand, (p + z²/2n ± z sqrt(p(1-p)/n + z²/4n²)) / (1 + z²/n)
    p, n, z = 445 / 450, 450, 1.959963984540054
    middle, half = p + z * z / (2 * n), z * np.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    found = estimated(np.zeros(450, int), np.repeat([0, 1], [445, 5]))[ACCURACY]
    expected = np.array([middle - half, middle + half]) / (1 + z * z / n)
    assert (found.low, found.high) == pytest.approx(tuple(expected))


def test_the_bootstrap_s_interval_is_that_of_resampled_rows() -> None:
    labels, predictions = noisy(400, 4, 0.7)
    numbers = np.random.default_rng(2)
    rows = [numbers.integers(0, 400, 400) for _ in range(1000)]
    each = [sklearn.metrics.f1_score(labels[row], predictions[row], average="macro") for row in rows]
    found = estimated(labels, predictions)[F1]
    assert (found.low, found.high) == pytest.approx(tuple(np.quantile(each, [0.025, 0.975])), abs=0.01)


def test_more_rows_make_the_interval_narrower() -> None:
    found = [estimated(*noisy(rows, 5, 0.9))[RECALL] for rows in (100, 1000, 10_000)]
    widths = [estimate.high - estimate.low for estimate in found]
    assert widths == sorted(widths, reverse=True)


def test_the_interval_is_the_same_each_time() -> None:
    assert estimated(*noisy(300, 5, 0.9)) == estimated(*noisy(300, 5, 0.9))


def test_no_wrong_answer_is_a_value_of_one() -> None:
    labels = np.arange(100) % 10
    assert {estimate.value for estimate in estimated(labels, labels).values()} == {1.0}


def test_a_thousand_classes_need_no_million_cells() -> None:
    labels, predictions = noisy(20_000, 1000, 0.8)
    assert len(metrics.confusion(labels, predictions).counts) < 20_000
    estimated(labels, predictions)
