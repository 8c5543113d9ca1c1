"""How a step ends without its result.

    BuildError              carries a contract.Failure
    ├── RejectedError       the request cannot be built as it is        exit 64
    ├── GateFailedError     no candidate keeps what the gate asks       exit 65
    ├── TransientError      something around the build; try again       exit 75
    ├── StoreFullError      no space left                               exit 76
    └── InternalError       a defect of ours                            exit 70

Whatever else is raised is a defect of ours too; `stepping` names it.
"""

from collections.abc import Sequence
from typing import ClassVar

from model_builder import contract


class BuildError(Exception):
    """The step ends here; what it carries is what the user reads."""

    exit_code: ClassVar[contract.ExitCode]

    def __init__(
        self,
        reason: contract.FailureReason,
        message: str,
        *,
        field: str = "",
        next_step: str = "",
        candidates: Sequence[contract.Rung] = (),
    ) -> None:
        """Say what happened, to what, and what to do next; and how far the ladder was climbed."""
        super().__init__(message)
        self.failure = contract.Failure(reason=reason, message=message, field=field, next_step=next_step)
        self.candidates = list(candidates)


class RejectedError(BuildError):
    """Trying again gives the same."""

    exit_code = contract.ExitCode.REJECTED


class GateFailedError(BuildError):
    """Other candidates, another gate or other data may help."""

    exit_code = contract.ExitCode.GATE_FAILED


class TransientError(BuildError):
    """Trying again may help."""

    exit_code = contract.ExitCode.TRANSIENT


class StoreFullError(BuildError):
    """Making room helps."""

    exit_code = contract.ExitCode.STORE_FULL


class InternalError(BuildError):
    """Only a change of this program helps."""

    exit_code = contract.ExitCode.INTERNAL
