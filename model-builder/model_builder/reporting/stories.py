"""What a report says in sentences."""

from model_builder import contract, progress
from model_builder.reporting import figures

#: What a candidate is, for somebody who never met it.
KINDS = {
    contract.CandidateName.INT8_STATIC: "weights and activations in 8 bits, ranges taken from calibration data",
    contract.CandidateName.FP16: "weights and sums in 16-bit floats",
    contract.CandidateName.NONE: "the float graph as it was exported",
}
CPUS = {
    contract.Cpu.PORTABLE: "any x86-64 CPU",
    contract.Cpu.VNNI: "x86-64 CPUs with VNNI",
    contract.Cpu.AMX: "x86-64 CPUs with AMX int8",
}
#: How a candidate ended, after its name.
ENDS = {
    contract.Verdict.PASSED: "passed",
    contract.Verdict.FAILED: "failed",
    contract.Verdict.INCONCLUSIVE: "was inconclusive",
    contract.Verdict.REFUSED: "was refused",
}
#: In what company a sample was answered.
COMPANY = {
    contract.Mode.ALONE: "alone",
    contract.Mode.FULL_BATCH: "in full batches",
    contract.Mode.MIXED_BATCHES: "in mixed batches",
}


def chosen(report: contract.FullReport) -> contract.CandidateReport:
    """The candidate that is the artifact."""
    return next(candidate for candidate in report.candidates if candidate.name == report.chosen)


def main_metric(candidate: contract.CandidateReport) -> contract.Metric | None:
    """The one that the headline speaks of: accuracy where it was measured."""
    known = list(candidate.metrics)
    return contract.Metric.ACCURACY if contract.Metric.ACCURACY in known else next(iter(known), None)


def headline(report: contract.FullReport) -> str:
    """The verdict on what serves, in a sentence; another on what was tried before it in vain."""
    candidate = chosen(report)
    parts = [quality(candidate), lighter(candidate.size, report.float_size), faster(candidate)]
    verdict = f"{candidate.name} {candidate.verdict}: {', '.join(part for part in parts if part)}."
    return " ".join(filter(None, (verdict, in_vain(report))))


def in_vain(report: contract.FullReport) -> str:
    """`Before it int8Static failed and fp16 was refused.` Nothing when the first candidate serves."""
    names = [candidate.name for candidate in report.candidates]
    before = report.candidates[: names.index(report.chosen)]
    words = [f"{candidate.name} {ENDS[candidate.verdict]}" for candidate in before]
    return f"Before it {' and '.join(words)}." if words else ""


def quality(candidate: contract.CandidateReport) -> str:
    """The main metric against the original, or what stands for it without an evaluation set."""
    metric = main_metric(candidate)
    if metric is None:
        error = candidate.max_error
        return "no evaluation set" + (
            "" if error is None else f", outputs within {figures.error(error)} of the original's"
        )
    drop = candidate.drops.get(metric)
    against = f" ({below(drop.value)} the original)" if drop else ""
    return f"{metric} {figures.share(candidate.metrics[metric].value)}{against}"


def below(drop: float) -> str:
    """`0.2 points below`, `0.4 points above`."""
    return f"{figures.points(abs(drop))} points {'above' if drop < 0 else 'below'}"


def lighter(size: int, float_size: int) -> str:
    """How the size compares; nothing where it is about the same."""
    if not size or not float_size or abs(size / float_size - 1) < 0.05:  # noqa: PLR2004 - nobody feels five percent
        return ""
    if size > float_size:
        return f"{size / float_size:.1f} times larger"
    return f"{float_size / size:.1f} times smaller"


def faster(candidate: contract.CandidateReport) -> str:
    """How the speed compares, and on what; nothing where it was not measured."""
    if candidate.speed is None or candidate.name == contract.CandidateName.NONE:
        return ""
    ratio, cpu = candidate.speed.ratio, candidate.speed.cpu.partition(" (")[0]
    if ratio.low <= 1 <= ratio.high:
        return f"no faster and no slower than the float graph on {cpu}"
    return f"{figures.times(ratio.value)} times as fast on {cpu}"


def not_measured(candidate: contract.CandidateReport, target: contract.Target) -> str:
    """Why there is no speed-up."""
    if candidate.name == contract.CandidateName.NONE:
        return "it is the float graph itself"
    if candidate.verdict != contract.Verdict.PASSED:
        return "it did not pass"
    if target.gpu:
        return "the target is a GPU, and this build had none"
    if target.cpu and target.cpu != contract.Cpu.PORTABLE:
        return f"the target is {CPUS[target.cpu]}, and this build had none"
    return "this build did not time it"


def place(target: contract.Target) -> str:
    """Where the artifact shall run."""
    return CPUS[target.cpu] if target.cpu else "a GPU"


def joining(report: contract.FullReport) -> str:
    """Whether a server may join requests."""
    if report.batchable:
        return "yes: every sample gets the same answer in company as alone"
    return "no: an answer depends on the other samples in the batch, so requests are answered one at a time"


def stand_in(server: contract.ServerLatency) -> bool:
    """Whether a Python backend answered in place of the real one."""
    return ".py" in server.backend or "python" in server.backend.lower()


def weight(candidate: contract.CandidateReport, float_size: int) -> str:
    """A candidate's size beside the float graph's."""
    if candidate.name == contract.CandidateName.NONE:
        return "the float graph itself"
    return f"{figures.percent(candidate.size / float_size)} of the float graph's {progress.bytes_of(float_size)}"
