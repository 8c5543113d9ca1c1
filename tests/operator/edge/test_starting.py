"""Environment, log lines, metrics, exit codes."""

import json
import logging
import subprocess
import sys

import pytest
from edge import processes

from model_operator import errors, kinds, logs, metrics, policies, running, settings


def test_the_defaults_are_useful():
    chosen = settings.from_environment(processes.IMAGES)
    assert (chosen.namespaces, chosen.resync_seconds, chosen.log_format) == ((), 600.0, "text")


def test_what_is_set_counts():
    chosen = settings.from_environment(
        {
            **processes.IMAGES,
            "MODELSMITH_NAMESPACES": "a, b,",
            "MODELSMITH_WORKERS": "3",
            "MODELSMITH_RESYNC_SECONDS": "1.5",
            "MODELSMITH_LOG_FORMAT": "json",
            "MODELSMITH_PROBE_PORT": "",
        }
    )
    assert (chosen.namespaces, chosen.workers, chosen.resync_seconds, chosen.log_format) == (("a", "b"), 3, 1.5, "json")
    assert chosen.probe_port == 8080


def test_what_may_be_used_is_read_as_lists():
    lists = {f"MODELSMITH_ALLOWED_{what}": "a/*, b," for what in ("IMAGES", "SOURCES", "REGISTRIES")}
    chosen = settings.from_environment({**processes.IMAGES, **lists, "MODELSMITH_USE_LABEL": "on"})
    assert chosen.policy == policies.Policy(*3 * [("a/*", "b")], secret_label=True)
    assert settings.from_environment(processes.IMAGES).policy == policies.NONE


WRONG = {
    "MODELSMITH_WORKERS": "0",
    "MODELSMITH_PROBE_PORT": "http",
    "MODELSMITH_RESYNC_SECONDS": "-1",
    "MODELSMITH_LOG_FORMAT": "xml",
    "MODELSMITH_LOG_LEVEL": "LOUD",
    "MODELSMITH_IMAGE_VOLUMES": "sometimes",
    "MODELSMITH_ELECTION": "false",
    "MODELSMITH_USE_LABEL": "true",
}


@pytest.mark.parametrize(("name", "value"), WRONG.items())
def test_what_makes_no_sense_is_named(name, value):
    with pytest.raises(ValueError, match=f"{name}={value}"):
        settings.from_environment({**processes.IMAGES, name: value})


def run(**environment: str) -> subprocess.CompletedProcess:
    given = {"PYTHONPATH": ":".join(filter(None, sys.path)), **environment}
    return subprocess.run(
        [sys.executable, "-m", "model_operator"], env=given, capture_output=True, text=True, timeout=60, check=False
    )


def test_a_missing_image_ends_the_process_with_its_name():
    ended = run(MODELSMITH_SERVING_IMAGE="s", MODELSMITH_TRITON_IMAGE="t")
    assert (ended.returncode, ended.stderr) == (2, "MODELSMITH_BUILDER_IMAGE is not set\n")


def test_without_an_api_server_to_talk_to_the_process_says_so():
    ended = run(**processes.IMAGES, KUBECONFIG="/does/not/exist", MODELSMITH_NAMESPACE="demo")
    assert ended.returncode == 2
    assert "neither a service account nor a kubeconfig" in ended.stderr


def test_outside_of_a_cluster_the_namespace_of_the_lease_must_be_named():
    ended = run(**processes.IMAGES)
    assert ended.returncode == 2
    assert "MODELSMITH_NAMESPACE is not set" in ended.stderr
    assert "MODELSMITH_ELECTION=off" in ended.stderr


def test_in_a_pod_the_namespace_is_that_of_its_service_account(monkeypatch, tmp_path):
    monkeypatch.setattr(settings, "POD_NAMESPACE", tmp_path / "namespace")
    settings.POD_NAMESPACE.write_text("modelsmith-system")
    chosen = settings.from_environment(processes.IMAGES)
    assert (chosen.election, chosen.namespace, chosen.lease) == (True, "modelsmith-system", "modelsmith-operator")
    assert settings.from_environment({**processes.IMAGES, "MODELSMITH_NAMESPACE": "a"}).namespace == "a"


def record(**extra) -> logging.LogRecord:
    made = logging.LogRecord("model_operator.x", logging.INFO, "", 0, "%s happened", ("it",), None)
    made.__dict__.update(extra)
    return made


def test_a_json_line_says_when_what_and_about_whom():
    line = json.loads(logs.Json().format(record(kind="ModelBuild", namespace="demo", object="b")))
    assert line.pop("time").endswith("+00:00")
    assert line == {
        "level": "info",
        "logger": "model_operator.x",
        "message": "it happened",
        "kind": "ModelBuild",
        "namespace": "demo",
        "object": "b",
    }


def test_a_failure_has_its_traceback_in_the_line():
    try:
        int("wrong")
    except ValueError:
        line = json.loads(logs.Json().format(record(exc_info=sys.exc_info())))
    assert "ValueError: invalid literal" in line["error"]


def test_lines_about_the_same_outage_come_seldom():
    now = [0.0]
    seldom = logs.Seldom("noisy", 30, lambda: now[0])
    noisy = logging.LogRecord("noisy.child", logging.ERROR, "", 0, "", (), None)
    assert [seldom.filter(noisy), seldom.filter(noisy), seldom.filter(record())] == [True, False, True]
    now[0] = 30
    assert seldom.filter(noisy)


def test_metrics_are_prometheus_text():
    counters = metrics.Metrics()
    counters.reconciled(kinds.MODEL_BUILD, "ok", 0.5)
    counters.called("apply", "Job", "201", 0.02)
    counters.sizes = lambda: {kinds.POD: 3}
    counters.depths = lambda: {"news": 2}
    lines = counters.text().splitlines()
    assert 'modelsmith_operator_reconciles_total{kind="ModelBuild",result="ok"} 1' in lines
    assert 'modelsmith_operator_reconcile_seconds_sum{kind="ModelBuild"} 0.5' in lines
    assert 'modelsmith_operator_api_calls_total{verb="apply",kind="Job",code="201"} 1' in lines
    assert 'modelsmith_operator_api_call_seconds_bucket{verb="apply",le="0.025"} 1' in lines
    assert 'modelsmith_operator_cached_objects{kind="Pod"} 3' in lines
    assert 'modelsmith_operator_queue_depth{line="news"} 2' in lines
    assert not any(line.startswith("modelsmith_operator_token") for line in lines)


def test_the_end_of_a_token_is_told_to_the_second():
    counters = metrics.Metrics()
    counters.token = lambda: 1_800_000_000.0
    assert "modelsmith_operator_token_expiry_timestamp_seconds 1800000000.0" in counters.text().splitlines()


ANSWERS = {
    "a Status": (
        409,
        {"reason": "Conflict", "message": "no", "details": {"causes": [{"reason": "r", "field": "f"}]}},
        errors.Conflict,
    ),
    "text of a proxy": (502, "<html>", errors.ApiError),
    "an expired list": (410, {"reason": "Expired"}, errors.Gone),
}


@pytest.mark.parametrize(("status", "body", "expected"), ANSWERS.values(), ids=ANSWERS)
def test_an_error_of_the_api_server_becomes_an_exception(status, body, expected):
    error = errors.from_status(status, body)
    assert type(error) is expected
    assert error.status == status


def test_a_namespace_that_ends_is_an_exception_of_its_own():
    causes = [{"reason": "NamespaceTerminating", "field": "metadata.namespace", "message": "demo is being terminated"}]
    error = errors.from_status(403, {"reason": "Forbidden", "message": "no", "details": {"causes": causes}})
    assert isinstance(error, errors.NamespaceEnds)


@pytest.mark.parametrize(("status", "expected"), [(422, True), (403, True), (409, False), (429, False), (500, False)])
def test_which_answers_need_somebody_to_act(status, expected):
    assert errors.from_status(status, {}).permanent is expected


@pytest.mark.parametrize(("asked", "known"), [("auto", (1, 36)), ("never", (0, 0))])
async def test_the_version_is_asked_where_it_decides(asked, known):
    class Connection:
        async def version(self):
            return (1, 36)

    told = []

    def deciders(chosen, *_):
        told.append(chosen.server_version)
        return {}

    chosen = settings.from_environment({**processes.IMAGES, "MODELSMITH_IMAGE_VOLUMES": asked})
    await running.Operator(chosen, Connection(), metrics.Metrics(), deciders)._learn()
    assert told == [known]


async def test_a_part_that_ends_by_itself_ends_the_operator(monkeypatch):
    operator = running.Operator(settings.from_environment(processes.IMAGES), None, metrics.Metrics(), lambda *_: {})

    async def ended(queue):
        return None

    monkeypatch.setattr(operator._reconciler, "work", ended)
    with pytest.raises(RuntimeError, match="worker 0"):
        await operator._supervise()
