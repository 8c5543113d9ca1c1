"""The four steps as processes, over folders that a pod would mount.

    request.json, source ─► fetched ─► converted ─► optimized ─► store
                                       server beside ▲

The folders lie in the work folder of the run, the store in the user's cache.
"""

import dataclasses
import time
from pathlib import Path

from model_builder import contract
from model_builder.publishing import pvc
from model_serving import flags
from modelsmith import errors, reports, specs
from modelsmith.local import environments, failures, families, folders, ports, progress, servers

Step = contract.Step


@dataclasses.dataclass(frozen=True)
class Job:
    """One build."""

    asked: specs.Asked
    source: Path
    work: Path
    family: families.Family
    #: The server for the check; None leaves it out.
    program: servers.Program | None

    @property
    def store(self) -> Path:
        """Where the artifact goes."""
        return folders.store(checked=self.program is not None)


@dataclasses.dataclass(frozen=True)
class Built:
    """What came of it."""

    folder: Path
    digest: contract.Digest
    cache_hit: bool
    seconds: float
    report: contract.FullReport


def build(job: Job, show: progress.Progress) -> Built:
    """Run the steps. Raises SaidError, Interruption."""
    began = time.monotonic()
    (job.work / "request.json").write_text(job.asked.request.model_dump_json())
    job.store.mkdir(parents=True, exist_ok=True)
    run(job, show, Step.FETCH)
    if not resolution(job).cached:
        run(job, show, Step.CONVERT)
        checked(job, show)
    last = run(job, show, Step.PUBLISH)
    if last is None or last.artifact is None:
        raise errors.SaidError("publish ended well and named no artifact: this is a defect, please report it")
    folder = pvc.artifact(job.store, last.artifact)
    _, report = reports.read(folder / reports.FILE)
    return Built(folder, last.artifact, last.cache_hit, time.monotonic() - began, report)


def checked(job: Job, show: progress.Progress) -> None:
    """Optimize, beside the server that it asks."""
    if job.program is None:
        run(job, show, Step.OPTIMIZE)
        return
    http, grpc = ports.free(2)
    repository = job.work / "optimized" / "check"
    repository.mkdir(parents=True)
    arguments = flags.check(str(repository), listening=flags.Listening(ports.ADDRESS, http, grpc))
    server = job.program.start(job.family, arguments, job.work, "check")
    run(job, show, Step.OPTIMIZE, triton=f"{ports.ADDRESS}:{grpc}", beside=server)
    job.family.stop(server.process)


def run(
    job: Job, show: progress.Progress, step: Step, triton: str = "", beside: servers.Server | None = None
) -> contract.Report | None:
    """One step; its report, if it left one. Raises SaidError when it failed."""
    log, last_words = job.work / f"{step}.log", job.work / f"{step}.report"
    argv = [*environments.python("model_builder"), step, *arguments(job, triton, last_words)]
    with progress.telling(show, step), progress.tail(log) as new_lines:

        def look() -> None:
            show.lines(new_lines())
            if beside:
                beside.check()

        process = job.family.start(argv, environments.of_ours(job.work), log, job.work)
        code = job.family.wait(process, look)
        report = failures.read(last_words)
        if code or (report and report.failure):
            raise failures.of(step, code, report, log)
    return report


def arguments(job: Job, triton: str, last_words: Path) -> list[str]:
    """The flags of a step: those that its container leaves at their defaults."""
    folder_of = {name: job.work / name for name in ("fetched", "converted", "optimized")}
    given = {"request": job.work / "request.json", "source": job.source, "store": job.store, **folder_of}
    return [
        *(f"--{name}={path}" for name, path in given.items()),
        f"--triton={triton}",
        f"--termination-log={last_words}",
    ]


def resolution(job: Job) -> contract.Resolution:
    """What fetch found."""
    return contract.Resolution.model_validate_json((job.work / "fetched" / "resolution.json").read_bytes())
