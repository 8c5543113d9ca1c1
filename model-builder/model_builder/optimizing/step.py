"""optimize: candidates, evaluation, gate, choice, check; leaves the artifact without its manifest.

    float graph ─► is the original model ─► ladder: make, prove, judge ─► first that passed ─► Triton ─► artifact

publish adds the manifest, from the files that it finds here.
"""

import shutil

from model_builder import contract, places, progress, stepping, storage
from model_builder.optimizing import choosing, evaluating, evidence, judging, laying_out, summing_up, triton_check
from model_builder.reporting import html


def run(where: places.Places) -> None:
    """Leave the artifact in the volume `optimized`."""
    resolution = stepping.resolution(where)
    case = open_case(where, resolution.plan.request)
    tried = choosing.first(resolution.plan.request.candidates, lambda name: judging.judge(name, case))
    name, ran = tried[-1].report.name, tried[-1].answered
    progress.say(f"optimize: the artifact is {name}")
    tolerance = laying_out.write(where, name, ran, case.evidence)
    server = triton_check.run(where, case.evidence.requests, ran.golden, tolerance)
    report = summing_up.report(resolution.plan, resolution.plan_digest, case, tried, tolerance, server)
    storage.write(where.artifact / "report.json", laying_out.text(report))
    storage.write(where.artifact / "report.html", html.page(report).encode())
    shutil.rmtree(where.candidates)


def open_case(where: places.Places, request: contract.BuildRequest) -> judging.Case:
    """What all candidates are judged with; the float graph is proven here, before anything is made of it."""
    known = evidence.gather(where, request)
    material = evidence.material(where, request)
    for stale in (where.artifact, where.candidates):
        shutil.rmtree(stale, ignore_errors=True)
    with progress.timed("optimize: holding the float graph against the original model"):
        reference = evaluating.reference(where.graph, known)
    return judging.Case(where, known, reference, material)
