"""Which candidate becomes the artifact."""

from collections.abc import Sequence

from model_builder import contract, errors
from model_builder.optimizing import evaluating


def first(judged: Sequence[evaluating.Judged]) -> evaluating.Judged:
    """The first in the order asked that passed.

    Raises:
        RejectedError: none did.

    """
    for candidate in judged:
        if candidate.passed:
            return candidate
    names = ", ".join(candidate.report.name for candidate in judged)
    raise errors.RejectedError(
        contract.FailureReason.EXPORT_DIFFERS,
        f"none of the candidates passed: {names}",
        field="spec.build.candidates",
        next_step="Append none to the list to serve the float model in that case.",
    )
