"""The ladder in status and Events: which candidates did not pass, why, and what serves instead."""

import json

from pure import deployment_rows, making, worlds

from model_builder import contract
from model_operator import kinds, ladders
from model_operator.api import types

STEPS = [
    {"name": "int8Static", "verdict": "failed", "message": making.FELL},
    {"name": "none", "verdict": "passed", "message": ""},
]
CANDIDATES = ("CandidateFailed", "CandidateInconclusive", "CandidateRefused")


def told(world):
    return [event for event in world.log if event.reason in CANDIDATES]


def test_both_statuses_hold_the_ladder_with_its_reasons():
    world = deployment_rows.fallen()
    assert world.find(kinds.MODEL_BUILD)["status"]["candidates"] == STEPS
    assert deployment_rows.status(world)["build"]["candidates"] == STEPS


def test_the_served_artifact_has_the_figures_of_its_candidate():
    world = making.world(build=making.LADDER)
    making.start_build(world)
    making.build_well(world, **making.QUANTIZED)
    artifact = world.reconcile()["artifact"]
    assert artifact == {
        "digest": making.ARTIFACT,
        "uri": "pvc://modelsmith-artifacts/artifacts/" + "a" * 64,
        "precision": "int8",
        "accuracy": "0.991 ±0.009",
        "delta": "-0.2 pt",
        "speedup": "1.63x ±0.08",
        "size": "101 kB",
        "capacity": {"requestsPerSecond": 5210, "batchMicroseconds": 6140, "maxBatchSize": 32},
    }


def test_describe_tells_the_fall_before_what_was_built():
    world = deployment_rows.fallen()
    reasons = [event.reason for event in world.log if event.reason in ("CandidateFailed", "Built")]
    assert reasons == ["CandidateFailed", "Built"], "on the ModelDeployment; its build tells bad news alone"
    assert told(world)[0].message == f"int8Static: {making.FELL}"


def test_a_fall_is_no_warning_when_another_serves():
    assert {event.type for event in told(deployment_rows.fallen())} == {"Normal"}


def test_a_fall_is_a_warning_when_nothing_serves_instead():
    world = deployment_rows.gate_failed()
    assert {event.type for event in told(world)} == {"Warning"}
    assert deployment_rows.status(world)["build"]["candidates"] == STEPS[:1]


def test_each_verdict_has_a_reason_of_its_own():
    world = deployment_rows.tried()
    assert [(event.reason, event.message) for event in told(world)] == [
        ("CandidateInconclusive", "int8Static: too few samples"),
        ("CandidateRefused", "fp16: no gain on a CPU"),
    ]


def test_a_fall_is_told_once():
    world = deployment_rows.fallen()
    before = len(world.log)
    making.roll(world)
    world.reconcile()
    world.reconcile_build()
    assert told(world) == [event for event in world.log[:before] if event.reason in CANDIDATES]


def test_another_attempt_that_says_the_same_is_no_news():
    world = deployment_rows.fallen()
    before = len(told(world))
    world.put(making.model_deployment(build=making.LADDER, requested_at="2"))
    making.start_build(world)
    making.build_well(world, candidates=[making.FAILED, making.PASSED], cacheHit=True)
    world.reconcile()
    assert len(told(world)) == before
    assert deployment_rows.status(world)["build"]["candidates"] == STEPS


def test_a_failed_gate_names_every_candidate_and_keeps_what_serves():
    world = making.serving()
    world.put(making.model_deployment(build={**making.LADDER, "candidates": ["int8Static", "fp16"]}))
    making.start_build(world)
    long = "accuracy fell by 1.6 points; " * 30
    rungs = [{"candidate": name, "verdict": "failed", "message": long} for name in ("int8Static", "fp16")]
    making.build_badly(world, 65, making.gate_failed(*rungs))
    status = world.reconcile()
    assert worlds.brief(status)["Ready"] == "False/GateFailed"
    assert worlds.brief(status)["Available"] == "True/Available"
    assert status["artifact"]["digest"] == making.ARTIFACT
    message = worlds.condition(status, "Built")["message"]
    assert all(f"{name} failed: accuracy fell by 1.6 points" in message for name in ("int8Static", "fp16"))
    assert "Append none to spec.build.candidates" in message


def test_the_ladder_of_a_failed_build_stays_when_its_pod_is_collected():
    world = deployment_rows.gate_failed()
    world.drop(world.find(kinds.POD))
    world.reconcile_build()
    assert world.find(kinds.MODEL_BUILD)["status"]["candidates"] == STEPS[:1]


def test_who_runs_the_models_code_is_not_believed_to_have_judged():
    world = making.world(build=making.LADDER)
    making.start_build(world)
    forged = json.loads(making.failure("convert"))
    making.build_badly(world, 64, json.dumps({**forged, "candidates": [making.PASSED]}))
    assert world.find(kinds.MODEL_BUILD)["status"]["candidates"] == []


def test_a_ladder_is_short_whatever_a_report_says():
    rung = contract.Rung(candidate="none", verdict="failed", message="é" * 5000)
    written = ladders.written([rung] * 40)
    assert len(written) == ladders.LIMIT
    assert all(len(one.message.encode()) <= ladders.WORDS_LIMIT for one in written)
    assert len(ladders.words(written, 800).encode()) < 900


def test_the_longest_ladder_leaves_room_in_both_statuses():
    world = making.serving()
    world.put(making.model_deployment(build=making.LADDER))
    making.start_build(world)
    rungs = [{"candidate": "int8Static", "verdict": "failed", "message": "x" * 300}] * 9
    told = making.gate_failed(*rungs)
    assert len(told.encode()) > 3_000
    making.build_badly(world, 65, told)
    build, status = world.find(kinds.MODEL_BUILD, world.reconcile()["build"]["name"])["status"], world.reconcile()
    assert len(build["candidates"]) == len(status["build"]["candidates"]) == ladders.LIMIT
    assert all(len(json.dumps(one).encode()) < 16_000 for one in (build, status))


def test_a_verdict_of_a_later_version_is_shown_and_tells_no_event():
    later = types.Candidate(name="int4", verdict="postponed", message="tomorrow")
    assert ladders.words([later], 100) == "int4 postponed: tomorrow"
    assert ladders.news([], [later]) == ()
