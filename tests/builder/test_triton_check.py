"""The artifact in a real Triton: the development server, with the flags of the one beside a build."""

import contextlib
import dataclasses
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import environment
from builder import making
from model_builder import arrays, contract, errors
from model_builder.optimizing import capacities, triton_asking, triton_check, triton_load
from model_serving import development, flags, settings
from serving import processes

REASONS = contract.FailureReason


@pytest.fixture(scope="module")
def python() -> Path:
    return environment.interpreter("triton-dev")


@contextlib.contextmanager
def beside(workspace: making.Workspace, python: Path) -> Iterator[making.Workspace]:
    """The workspace with a server that sees its volume, as in a pod: started before there is anything to load."""
    http, grpc, metrics = processes.free_ports(3)
    workspace.places.repository.mkdir(parents=True, exist_ok=True)
    listening = flags.Listening("127.0.0.1", http, grpc, metrics)
    arguments = flags.check(str(workspace.places.repository), listening=listening)
    with processes.shared_memory() as regions:
        argv, env = development.command(python, workspace.root / "scratch", [*arguments, regions])
        with processes.running(argv, env, workspace.root / "triton.log"):
            yield dataclasses.replace(workspace, triton=f"127.0.0.1:{grpc}")


@pytest.fixture(scope="module")
def checked(tmp_path_factory: pytest.TempPathFactory, source: Path, python: Path) -> Iterator[making.Workspace]:
    """The digits model built beside a server; the server still runs."""
    made = making.Workspace(tmp_path_factory.mktemp("checked"))
    made.places.source.symlink_to(source)
    made.ask()
    with beside(made, python) as workspace:
        code, report = workspace.run_until("publish")
        assert code == 0, report
        yield workspace


def report(workspace: making.Workspace) -> contract.FullReport:
    return contract.FullReport.model_validate_json((workspace.places.artifact / "report.json").read_bytes())


def test_the_report_names_the_server_that_answered(checked: making.Workspace) -> None:
    assert report(checked).versions.triton == "2.51.0"


def test_the_latency_says_what_it_was_measured_on(checked: making.Workspace) -> None:
    server = report(checked).server
    assert server
    assert server.server == "triton 2.51.0"
    assert server.backend == "onnxruntime (model.py)"  # the Python backend that stands in
    assert (server.protocol, server.latency.batch) == ("grpc", 1)


def test_the_latency_is_of_a_hundred_requests_or_five_seconds(checked: making.Workspace) -> None:
    server = report(checked).server
    assert server
    assert 0 < server.latency.calls <= triton_check.TIMED
    assert server.latency.calls == sum(server.latency.histogram.counts)
    assert 0 < server.latency.p50 <= server.latency.p90 <= server.latency.p99


def test_the_report_tells_what_the_server_takes(checked: making.Workspace) -> None:
    told = report(checked)
    assert told.capacity
    assert told.capacity == capacities.capacity(told.loads, told.capacity.max_batch, triton_check.THREADS)
    assert told.capacity.max_batch == settings.Batching().max_batch_size, "as it is served by default"


def test_the_first_load_is_of_one_request_after_another(checked: making.Workspace) -> None:
    told = report(checked)
    assert told.server
    assert told.loads[0].requests == told.server.latency.calls


def test_each_load_is_twice_the_one_before(checked: making.Workspace) -> None:
    counts = [load.concurrency for load in report(checked).loads]
    assert len(counts) >= 3
    assert counts == [2**number for number in range(len(counts))]


def test_the_short_report_tells_it_too(checked: making.Workspace) -> None:
    said = contract.Report.model_validate_json(checked.places.termination_log.read_bytes())
    assert said.capacity == report(checked).capacity


def test_loads_do_not_hold_up_the_build(checked: making.Workspace) -> None:
    loads = report(checked).loads[1:]
    assert sum(load.requests / load.requests_per_second for load in loads) < capacities.PATIENCE


def test_a_server_that_fails_under_load_leaves_what_was_known_before(checked: making.Workspace) -> None:
    requests, expected, _ = questions(checked)
    signature = contract.Signature.model_validate_json((checked.places.artifact / "signature.json").read_bytes())
    asked, first = triton_asking.Questions(signature, requests, expected, {}), capacities.load(1, 100, 0.1)
    loaded = triton_load.climb(checked.triton, asked, first, 32)  # the model is unloaded again
    assert list(loaded.tried) == [first]
    assert loaded.failure.startswith("the server failed under 2 requests at once: Request for unknown model")


def test_the_repository_is_left_empty_for_the_next_check(checked: making.Workspace) -> None:
    assert list(checked.places.repository.iterdir()) == []


def questions(workspace: making.Workspace) -> tuple[dict[str, arrays.Array], ...]:
    """Requests, answers and tolerances of the artifact."""
    golden = arrays.load(workspace.places.artifact / "golden.npz")
    prefixes = (contract.GOLDEN_INPUT, contract.GOLDEN_OUTPUT, contract.GOLDEN_TOLERANCE)
    return tuple(
        {name.removeprefix(prefix): array for name, array in golden.items() if name.startswith(prefix)}
        for prefix in prefixes
    )


def test_a_server_that_answers_otherwise_is_told(checked: making.Workspace) -> None:
    requests, expected, bounds = questions(checked)
    tolerance = {name: (float(bound[0]), float(bound[1])) for name, bound in bounds.items()}
    wrong = {name: array + 1 for name, array in expected.items()}
    with pytest.raises(errors.RejectedError) as caught:
        triton_check.run(checked.places, requests, wrong, tolerance)
    failure = caught.value.failure
    assert failure.reason == REASONS.TRITON_REFUSED
    assert "Triton answers golden request 0 with output off by up to 1; allowed is 0.001 absolute" in failure.message
    wide = dict.fromkeys(tolerance, (2.0, 0.0))
    assert triton_check.run(checked.places, requests, wrong, wide)


def test_what_is_not_known_of_a_failing_server_is_noted(
    checked: making.Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(triton_load, "METHOD", "/inference.GRPCInferenceService/None")
    code, said = checked.run("optimize")
    assert code == 0, said
    told = report(checked)
    assert [load.concurrency for load in told.loads] == [1]
    assert told.notes[-1].startswith("What a server can take is only partly known: the server failed under 2 requests")


def test_a_server_that_does_not_load_the_artifact_is_told_with_its_words(
    checked: making.Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    from model_serving import compose

    monkeypatch.setattr(compose, "MODEL_FILE", "absent.onnx")
    failure = failed(checked)
    assert failure.reason == REASONS.TRITON_REFUSED
    assert "Triton does not load the artifact" in failure.message
    assert "absent.onnx" in failure.message


def test_a_model_without_a_batch_axis_is_checked_too(checked: making.Workspace, source: Path) -> None:
    made = making.Workspace(checked.root / "whole", triton=checked.triton)
    made.root.mkdir()
    made.places.source.symlink_to(source)
    made.ask(inputs=[{"name": "image", "dtype": "float32", "shape": [3, 1, 8, 8]}], evaluation=None)
    made.places.optimized.symlink_to(checked.places.optimized)
    assert made.run_until("optimize") == (0, None)


def test_a_server_that_is_not_there_is_worth_another_try(again: making.Workspace) -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        asked = dataclasses.replace(again, triton=f"127.0.0.1:{held.getsockname()[1]}", triton_timeout=1)
        start = time.monotonic()
        code, said = asked.run("optimize")
    assert said
    assert said.failure
    assert (code, said.failure.reason) == (contract.ExitCode.TRANSIENT, REASONS.TRITON_UNREACHABLE)
    assert time.monotonic() - start < 15


def test_a_sample_of_one_value_travels_as_the_server_declares_it() -> None:
    tensor = contract.Tensor(name="age", dtype="int64", shape=[-1])
    signature = contract.Signature(inputs=[tensor], outputs=[tensor], batchable=True)
    value: arrays.Array = np.array([7])
    assert triton_asking.feed(tensor, value, signature).shape() == [1, 1]


def failed(workspace: making.Workspace) -> contract.Failure:
    """Run optimize, which must fail as a rejected request does."""
    code, said = workspace.run("optimize")
    assert said
    assert said.failure
    assert code == contract.ExitCode.REJECTED
    return said.failure
