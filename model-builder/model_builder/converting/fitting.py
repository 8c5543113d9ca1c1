"""Do these weights belong to this module?"""

import dataclasses

import torch

from model_builder import contract, errors
from model_builder.converting import weights

#: What wrappers put before every name.
PREFIXES = ("module.", "_orig_mod.", "model.")


@dataclasses.dataclass(frozen=True)
class Misfit:
    """One name that does not fit."""

    kind: str
    words: str


def fit(module: torch.nn.Module, state: weights.State, name: str) -> None:
    """Load the weights into the module, every one of them.

    Raises:
        RejectedError: WeightsMismatch, about the first name in module order.

    """
    misfits = [*missing_or_other(module, state), *unexpected(module, state)]
    if misfits:
        raise mismatch(name, f"{misfits[0].words}{others(misfits)}", advice(module, state))
    try:
        module.load_state_dict(state, strict=True)
    except RuntimeError as error:
        raise mismatch(name, weights.first_line(error), "") from error


def missing_or_other(module: torch.nn.Module, state: weights.State) -> list[Misfit]:
    """Names of the module, in its order, that the file lacks or has in another shape."""
    found = []
    for key, expected in module.state_dict().items():
        if key not in state:
            found.append(Misfit("missing", f"{key} is missing"))
        elif state[key].shape != expected.shape:
            shapes = f"expected {list(expected.shape)}, found {list(state[key].shape)}"
            found.append(Misfit("of another shape", f"{key} has another shape: {shapes}"))
    return found


def unexpected(module: torch.nn.Module, state: weights.State) -> list[Misfit]:
    """Names of the file that the module does not have."""
    expected = module.state_dict()
    unknown = [key for key in state if key not in expected]
    return [Misfit("unexpected", f"{key} is unexpected, the module has no such name") for key in unknown]


def others(misfits: list[Misfit]) -> str:
    """How many more there are, by kind."""
    kinds = [misfit.kind for misfit in misfits[1:]]
    counts = [f"{kinds.count(kind)} {kind}" for kind in dict.fromkeys(kinds)]
    return f"; and {', '.join(counts)}" if counts else ""


def advice(module: torch.nn.Module, state: weights.State) -> str:
    """Would they fit but for a prefix?"""
    for prefix in PREFIXES:
        if set(state) == {prefix + key for key in module.state_dict()}:
            return f"Every name in the file begins with {prefix}: save the state dict of the model inside its wrapper."
    return "Let the factory build the architecture that these weights were trained in."


def mismatch(name: str, problem: str, next_step: str) -> errors.RejectedError:
    """The weights do not fit."""
    return errors.RejectedError(
        contract.FailureReason.WEIGHTS_MISMATCH,
        f"{name} does not fit the module: {problem}",
        field=weights.FIELD,
        next_step=next_step,
    )
