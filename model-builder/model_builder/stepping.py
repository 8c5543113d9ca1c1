"""What every step has in common: nothing to do when cached, a report when there is something to say, an exit code.

A step's own code is imported only when it has something to do: a cached build must not wait for torch.
"""

import errno
import importlib
import os
import sys
import traceback
from collections.abc import Callable

from model_builder import contract, errors, places, progress
from model_builder.reporting import termination

MODULES = {
    contract.Step.FETCH: "model_builder.fetching.step",
    contract.Step.CONVERT: "model_builder.converting.step",
    contract.Step.OPTIMIZE: "model_builder.optimizing.step",
    contract.Step.PUBLISH: "model_builder.publishing.step",
}
#: Those that make the artifact, and so need not run when there is one.
MAKERS = (contract.Step.CONVERT, contract.Step.OPTIMIZE)
#: What the libraries must find in the environment before they are imported.
ENVIRONMENT = {
    # torch then refuses to run pickles, also where the model's own code asks it to.
    "TORCH_FORCE_WEIGHTS_ONLY_LOAD": "1",
    # The wheels of ONNX Runtime since 1.29 send names and hashes of models to their maker unless told not to.
    "ORT_DISABLE_TELEMETRY": "1",
}
FULL = (errno.ENOSPC, errno.EDQUOT)


def run(step: contract.Step, where: places.Places) -> int:
    """Run a step to its end, whatever that is; the exit code."""
    os.environ.update(ENVIRONMENT)
    try:
        report = perform(step, where)
    except Exception as error:  # noqa: BLE001 - the edge: whatever happened must reach the user as a report
        return fail(step, where, named(error))
    if report:
        termination.write(where.termination_log, report)
    return contract.ExitCode.DONE


def perform(step: contract.Step, where: places.Places) -> contract.Report | None:
    """Do the step's work, unless the store already holds its result."""
    if step in MAKERS and (cached := resolution(where).cached):
        progress.say(f"{step}: nothing to do, the store holds {cached}")
        return None
    act: Callable[[places.Places], contract.Report | None] = importlib.import_module(MODULES[step]).run
    return act(where)


def resolution(where: places.Places) -> contract.Resolution:
    """The answer of fetch."""
    return contract.Resolution.model_validate_json(where.resolution.read_bytes())


def fail(step: contract.Step, where: places.Places, error: errors.BuildError) -> int:
    """Tell the log and the termination message why there is no result."""
    failure = error.failure
    subject = f" ({failure.field})" if failure.field else ""
    progress.say(f"{step}: failed: {failure.reason}{subject}: {failure.message}")
    if failure.next_step:
        progress.say(f"{step}: next: {failure.next_step}")
    termination.write(where.termination_log, contract.Report(step=step, failure=failure, candidates=error.candidates))
    return error.exit_code


def named(error: Exception) -> errors.BuildError:
    """Any exception as one that says what to do; one that nobody foresaw shows its traceback in the log."""
    if isinstance(error, errors.BuildError):
        return error
    if isinstance(error, OSError) and error.errno in FULL:
        return full(error)
    traceback.print_exception(error, file=sys.stderr)
    return errors.InternalError(
        contract.FailureReason.INTERNAL_ERROR,
        traceback.format_exception_only(error)[-1].strip(),
        next_step="This is a defect of the builder: please report it with the log of this container.",
    )


def full(error: OSError) -> errors.StoreFullError:
    """No space left, and where."""
    subject = f" while writing {error.filename}" if error.filename else ""
    return errors.StoreFullError(
        contract.FailureReason.STORE_FULL,
        f"{error.strerror}{subject}",
        next_step="Enlarge the volume, or delete artifacts that nothing serves.",
    )
