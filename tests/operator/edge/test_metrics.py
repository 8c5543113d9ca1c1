"""What the operator tells of a story, played with a real process on a real API server: metrics, and JSON lines."""

import json
import re
from pathlib import Path

import pytest
from edge import clusters, kubelet, processes, resources

from model_operator import kinds

DOCUMENTED = Path(__file__).parents[3] / "docs/metrics.md"
LADDER = {
    "candidates": ["int8Static"],
    "calibration": {"data": {"file": "train.npz"}},
    "evaluation": {"data": {"file": "test.npz"}},
}
_SAMPLE = re.compile(r"(\w+?)(?:_bucket|_sum|_count)?(?:\{(.*)\})? (\S+)")


class Story:
    """One that serves, and one whose gate failed; told by one process, whose counters begin with it."""

    def __init__(self, operator: processes.Operator, namespace: clusters.Namespace) -> None:
        self.operator, self.namespace = operator, namespace
        self.begins = operator.log.stat().st_size if operator.log.exists() else 0
        operator.start(MODELSMITH_LOG_FORMAT="json")
        resources.provide_source(namespace)
        resources.deploy(namespace, "digits", resources.spec(replicas=2, autoscaling={"maxReplicas": 3, "cpu": {}}))
        resources.build(namespace)
        resources.make_ready(namespace, "digits", 2)
        resources.deploy(namespace, "lossy", {**resources.spec(), "build": LADDER})
        job = clusters.until(self._second_job, "there is another Job")
        kubelet.end_build(job, namespace, kubelet.gate_failed(), code=65)
        resources.until_reason(namespace, "lossy", "GateFailed")
        operator.rest(namespace)
        _, self.text = operator.ask("/metrics")

    def _second_job(self) -> kinds.Manifest | None:
        jobs = self.namespace.list(kinds.JOB)
        return next((job for job in jobs if not job.get("status", {}).get("completionTime")), None)

    def samples(self) -> dict[str, float]:
        """Those with a value, and all labels."""
        lines = (line for line in self.text.splitlines() if not line.startswith("#"))
        return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}

    def lines(self) -> list[dict[str, str]]:
        """What it logged."""
        text = self.operator.log.read_bytes()[self.begins :].decode()
        return [json.loads(line) for line in text.splitlines()]


@pytest.fixture(scope="module")
def story(process: processes.Operator, cluster: clusters.Cluster):
    process.stop()
    yield Story(process, cluster.namespace())
    process.stop()


def documented() -> dict[str, set[str]]:
    """Name -> labels, as the tables of docs/metrics.md have them; of the operator and of models."""
    rows = re.findall(r"^\| `(modelsmith_(?:operator|model)_\w+)(?:\{(.*?)\})?`", DOCUMENTED.read_text(), re.MULTILINE)
    return {name: set(filter(None, labels.split(","))) for name, labels in rows}


def test_every_metric_is_documented_and_every_documented_one_is_told(story):
    told = set(re.findall(r"^# TYPE (\w+) ", story.text, re.MULTILINE))
    assert told == documented().keys()
    assert told == set(re.findall(r"^# HELP (\w+) \S", story.text, re.MULTILINE))


def test_labels_are_those_that_are_documented(story):
    expected, found = documented(), dict[str, set[str]]()
    for line in story.text.splitlines():
        if not line.startswith("#"):
            name, labels, _ = _SAMPLE.fullmatch(line).groups()
            found.setdefault(name, set()).update(re.findall(r"(\w+)=", labels or ""))
    assert {name: labels - {"le"} for name, labels in found.items()} == {name: expected[name] for name in found}
    # It runs in no pod, and so has no token.
    assert expected.keys() - found.keys() == {"modelsmith_operator_token_expiry_timestamp_seconds"}


def test_the_samples_of_a_family_stand_together_and_once(story):
    """As the text format asks."""
    family, seen = "", set()
    for line in story.text.splitlines():
        if line.startswith("# TYPE"):
            _, _, family, _ = line.split()
        elif not line.startswith("#"):
            assert _SAMPLE.fullmatch(line)[1] == family
            assert line.rpartition(" ")[0] not in seen
            seen.add(line.rpartition(" ")[0])


def test_builds_verdicts_and_calls_are_counted(story):
    told = story.samples()
    builds = {result: told[f'modelsmith_operator_builds_total{{result="{result}"}}'] for result in ("built", "failed")}
    assert builds == {"built": 1, "failed": 1}
    assert told['modelsmith_operator_build_seconds_count{result="built"}'] == 1
    assert told['modelsmith_operator_gate_verdicts_total{candidate="int8Static",verdict="failed"}'] == 1
    assert told['modelsmith_operator_api_calls_total{verb="apply",kind="Job",code="201"}'] == 2
    assert told['modelsmith_operator_api_calls_total{verb="apply_status",kind="ModelBuild",code="200"}'] >= 2
    for kind in kinds.EVERY:
        assert told[f'modelsmith_operator_api_calls_total{{verb="watch",kind="{kind.kind}",code="200"}}'] >= 1
        assert told[f'modelsmith_operator_api_calls_total{{verb="list",kind="{kind.kind}",code="200"}}'] >= 1
        assert told[f'modelsmith_operator_watch_age_seconds{{kind="{kind.kind}"}}'] >= 0


def test_each_handling_was_waited_for(story):
    told = story.samples()
    handled = [told[f'modelsmith_operator_reconcile_seconds_count{{kind="{kind.kind}"}}'] for kind in kinds.OWN]
    assert told["modelsmith_operator_queue_wait_seconds_count"] == sum(handled)
    counted = [value for name, value in told.items() if name.startswith("modelsmith_operator_reconciles_total")]
    assert sum(counted) == sum(handled)


def test_how_each_one_stands_is_told(story):
    told, digits = story.samples(), f'namespace="{story.namespace.name}",name="digits"'
    assert told[f"modelsmith_model_ready{{{digits}}}"] == 1
    assert told[f"modelsmith_model_replicas_ready{{{digits}}}"] == 2
    lossy = digits.replace("digits", "lossy")
    assert told[f"modelsmith_model_ready{{{lossy}}}"] == 0
    assert told[f'modelsmith_model_condition{{{lossy},type="Built",reason="GateFailed"}}'] == 0


def test_each_line_is_json_and_one_about_an_object_names_it(story):
    lines = [line for line in story.lines() if line["logger"].startswith("model_operator")]
    ours = [line for line in lines if story.namespace.name in line["message"]]
    assert len(ours) > 5
    for line in ours:
        assert f"{line['kind']} {line['namespace']}/{line['object']}" in line["message"]
    assert {(line["kind"], line["object"]) for line in ours} >= {
        ("ModelDeployment", "digits"),
        ("ModelDeployment", "lossy"),
    }


def test_after_a_restart_nothing_is_counted_again(story):
    story.operator.restart()
    story.operator.rest(story.namespace)
    ready = f'modelsmith_model_ready{{namespace="{story.namespace.name}",name="digits"}}'
    assert story.operator.metric(ready) == 1
    _, text = story.operator.ask("/metrics")
    seldom = r"^modelsmith_operator_(?:builds|gate_verdicts|rollbacks)_total\{.*\} (\d+)"
    counted = re.findall(seldom, text, re.MULTILINE)
    assert len(counted) > 10
    assert set(counted) == {"0"}
