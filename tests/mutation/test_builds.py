"""ModelBuilds and termination messages at random: another version may write the first, the model's code the second."""

import json

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pure import making

from model_builder import contract
from model_operator import kinds, names
from model_operator.api import build, parsing
from model_operator.builds import reports
from mutation import bases, schemas, stories, strategies

NAME = "build-0123456789abcdef"
SPECS = strategies.of(schemas.spec("modelbuilds"))
#: A report of each kind that there is.
REPORTS = [
    json.loads(text)
    for text in (
        making.report(),
        making.report(**making.QUANTIZED, baseline={"accuracy": {"value": 0.9, "low": 0.8, "high": 1}}, cacheHit=True),
        making.failure(),
        making.gate_failed(making.FAILED, {**making.FAILED, "candidate": "fp16", "verdict": "inconclusive"}),
    )
]
MESSAGES = strategies.almost(st.sampled_from(REPORTS)).map(json.dumps) | strategies.torn(
    st.sampled_from([json.dumps(report) for report in REPORTS])
)


def some(count):
    return settings(
        max_examples=count, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
    )


@some(400)
@given(spec=SPECS | strategies.almost(SPECS))
def test_any_build_is_run_or_refused(spec):
    story = world_of(spec)
    story.reconcile_builds()
    parsed, problem = parsing.spec(build.ModelBuildSpec, {"spec": spec})
    if parsed is None:
        [condition] = [one for one in status_of(story)["conditions"] if one["type"] == "Built"]
        assert (condition["reason"], bool(problem)) == ("SpecInvalid", True)
    for job in story.world.all(kinds.JOB):
        story.build_badly(job)
        story.reconcile_builds()
    sound(status_of(story))


@some(600)
@given(message=MESSAGES, code=st.sampled_from([0, 1, 64, 65, 70, 75, 76, 137, 255]), step=st.sampled_from(making.STEPS))
def test_whatever_a_container_says_last_is_at_most_shown(message, code, step):
    story = stories.Story(bases.SMALLEST)
    story.world.reconcile(story.name)
    story.reconcile_builds()
    [job] = story.world.all(kinds.JOB)
    condition, phase = ("Complete", "Succeeded") if code == 0 else ("Failed", "Failed")
    story.end(job, condition, phase, making.terminated(step, code, message))
    story.reconcile_builds()
    story.world.reconcile(story.name)
    sound(status_of(story))
    sound(story.status)
    artifact = status_of(story).get("artifact")
    assert artifact is None or (code == 0 and step == "publish" and reports.read(message) is not None)


def world_of(spec):
    """A ModelBuild that somebody wrote by hand, or an operator of another version."""
    story = stories.Story(bases.SMALLEST)
    labels = {names.MANAGED_BY_LABEL: names.MANAGED_BY}
    manifest = {"apiVersion": names.API_VERSION, "kind": names.BUILD_KIND, "metadata": {"name": NAME, "labels": labels}}
    story.world.put({**manifest, "spec": spec})
    return story


def status_of(story):
    return story.world.find(kinds.MODEL_BUILD)["status"]


def sound(status):
    assert len(json.dumps(status).encode()) < 8_000
    assert all(one["message"].isprintable() for one in status["conditions"])
    assert all(one["message"].isprintable() for one in status.get("candidates", ()))


def test_the_reports_that_are_torn_are_reports():
    assert all(contract.Report.model_validate(report) for report in REPORTS)
