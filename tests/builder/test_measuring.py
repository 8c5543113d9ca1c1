"""Speed against the float graph: statistics by hand, and calls that take a known time."""

import time
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from model_builder import arrays, contract, machine, running
from model_builder.optimizing import latencies, measuring


def sleeping(seconds: float) -> running.Call:
    def call(_: Mapping[str, arrays.Array]) -> list[arrays.Array]:
        time.sleep(seconds)
        return []

    return call


@pytest.mark.parametrize(
    ("count", "low", "high"),
    [
        # P(B <= k - 1) for n = 30, p = 1/2: 0.0214 at k = 10, 0.0494 at k = 11: the 10th and the 21st
        (30, 10, 21),
        # n = 10: 0.0107 at k = 2, 0.0547 at k = 3: the 2nd and the 9th
        (10, 2, 9),
        (6, 1, 6),
        (3, 1, 3),
    ],
)
def test_the_median_has_the_interval_of_order_statistics(count: int, low: int, high: int) -> None:
    found = measuring.median(list(range(count, 0, -1)))
    assert (found.low, found.high) == (low, high)
    assert found.value == (count + 1) / 2


def test_the_interval_holds_the_median_as_often_as_it_says() -> None:
    numbers = np.random.default_rng(0)
    samples = [measuring.median(numbers.lognormal(size=30)) for _ in range(2000)]
    held = np.mean([estimate.low <= 1 <= estimate.high for estimate in samples])
    assert 0.94 < held < 0.98  # exactly 1 - 2 x 0.0214


def test_a_call_of_half_the_time_is_twice_as_fast() -> None:
    found = measuring.speed(sleeping(0.004), sleeping(0.008), {})
    assert found.ratio.low <= found.ratio.value <= found.ratio.high
    assert found.ratio.value == pytest.approx(2, rel=0.3)
    assert found.rounds == measuring.ROUNDS
    assert found.float_graph.p50 > found.candidate.p50 >= 4000


def test_short_calls_are_gathered_to_runs_of_five_milliseconds() -> None:
    contestant = measuring.Contestant(sleeping(0.0005), {})
    contestant.prepare()
    contestant.run()
    assert len(contestant.runs[0]) > 1
    assert sum(contestant.runs[0]) > measuring.RUN / 2


def test_slow_graphs_are_measured_in_fewer_rounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measuring, "PATIENCE", 0.2)
    found = measuring.speed(sleeping(0.02), sleeping(0.02), {})
    assert measuring.LEAST_ROUNDS <= found.rounds < measuring.ROUNDS
    assert found.candidate.calls == found.rounds


def test_neither_always_runs_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measuring, "ROUNDS", 4)
    monkeypatch.setattr(measuring, "RUN", 0.0)
    order: list[str] = []
    first, second = (measuring.Contestant(lambda _, who=who: order.append(who) or [], {}) for who in "ab")
    measuring.compete(first, second)
    assert "".join(order[-8:]) == "baabbaab"


@pytest.mark.parametrize(
    ("target", "here"),
    [
        (contract.PORTABLE, True),
        (contract.Target(cpu=contract.Cpu.VNNI), True),
        (contract.Target(cpu=contract.Cpu.AMX), False),
        (contract.Target(gpu=contract.GpuTarget()), False),
    ],
)
def test_what_is_for_elsewhere_is_not_measured_here(
    target: contract.Target, here: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cpu = tmp_path / "cpuinfo"
    cpu.write_text("model name : Xeon\nflags : avx2 avx512_vnni\n")
    isa = machine.isa(cpu)
    monkeypatch.setattr(machine, "isa", lambda: isa)
    assert measuring.here(target) is here


def test_a_histogram_counts_every_call_in_bins_of_equal_ratio() -> None:
    values = np.random.default_rng(0).lognormal(4, 0.5, 1000).tolist()
    edges = latencies.bins(values)
    histogram = latencies.of(values, 1, edges).histogram
    assert sum(histogram.counts) == 1000
    assert len(histogram.edges) == len(histogram.counts) + 1 <= latencies.BINS + 2
    ratios = np.divide(histogram.edges[1:], histogram.edges[:-1])
    assert ratios == pytest.approx(np.full(len(ratios), ratios[0]), rel=0.01)


def test_one_call_that_was_held_up_does_not_widen_all_bins() -> None:
    values = [*np.random.default_rng(0).uniform(40, 80, 1000).tolist(), 50_000.0]
    edges = latencies.bins(values)
    assert edges[-1] < 100
    assert sum(latencies.of(values, 1, edges).histogram.counts) == 1001


def test_bins_ascend_even_when_all_calls_took_the_same() -> None:
    for values in ([50.0], [50.0, 50.0], [50.0, 50.4], [123.4, 124.9, 5000.0]):
        edges = latencies.bins(values)
        assert (np.diff(edges) > 0).all()
        assert sum(latencies.of(values, 1, edges).histogram.counts) == len(values)


def test_percentiles_are_of_single_calls_and_rounded() -> None:
    values = [float(value) for value in range(1001)]
    found = latencies.of(values, 4, latencies.bins(values))
    assert (found.p50, found.p90, found.p99) == (500, 900, 990)
    assert (found.batch, found.calls) == (4, 1001)
    assert latencies.rounded(1234.5) == 1230
