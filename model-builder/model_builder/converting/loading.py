"""The module that the factory returns, with the weights of the file in it."""

import importlib
import sys
import traceback
from pathlib import Path
from types import ModuleType

import torch

from model_builder import contract, errors
from model_builder.converting import fitting, weights

FIELD = "spec.model.architecture.factory"
REASONS = contract.FailureReason


def load(model: contract.Model, files: Path) -> torch.nn.Module:
    """Build the module and load its weights, ready to answer: eval mode, fixed seeds.

    Raises:
        RejectedError: FactoryNotFound, FactoryFailed, WeightsUnreadable, WeightsUnsafe, WeightsMismatch.

    """
    torch.manual_seed(0)
    state = weights.read(files / model.weights, model)
    module = build(model.architecture.factory, files)
    fitting.fit(module, state, model.weights)
    return module.eval()


def build(factory: str, files: Path) -> torch.nn.Module:
    """Call the factory. This is the model's own code."""
    module_name, function_name = factory.split(":")
    function = getattr(imported(module_name, files), function_name, None)
    if not callable(function):
        raise not_found(
            f"{module_name} has no function {function_name}; it defines {defined(sys.modules[module_name])}"
        )
    try:
        built = function()
    except (Exception, SystemExit) as error:
        raise failed(error, files) from error
    if not isinstance(built, torch.nn.Module):
        raise errors.RejectedError(
            REASONS.FACTORY_FAILED,
            f"{factory} returned {type(built).__name__}, not a torch.nn.Module",
            field=FIELD,
            next_step="Return the module itself, without weights.",
        )
    return built


def imported(name: str, files: Path) -> ModuleType:
    """The factory's module, from the source and from nowhere else."""
    if str(files) not in sys.path:
        sys.path.insert(0, str(files))
    importlib.invalidate_caches()
    try:
        module = importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name and (name == error.name or name.startswith(f"{error.name}.")):
            raise not_found(f"there is no module {error.name} in the source") from error
        raise failed(error, files) from error
    except (Exception, SystemExit) as error:
        raise failed(error, files) from error
    if not Path(module.__file__ or "/").is_relative_to(files):
        raise not_found(f"{name} is the name of a library's module, which hides the one in the source")
    return module


def defined(module: ModuleType) -> str:
    """The functions and classes of a module's own."""
    own = [
        name
        for name, value in vars(module).items()
        if callable(value) and getattr(value, "__module__", None) == module.__name__
    ]
    return ", ".join(own) or "none"


def not_found(problem: str) -> errors.RejectedError:
    """There is no such factory."""
    return errors.RejectedError(
        REASONS.FACTORY_NOT_FOUND, problem, field=FIELD, next_step="Name a function of a .py file in the source."
    )


def failed(error: BaseException, files: Path) -> errors.RejectedError:
    """The model's code raised: what, and on which line of the user's."""
    words = f"{type(error).__name__}: {error.msg if isinstance(error, SyntaxError) else error}"
    next_step = "Mend the line, or its arguments: the factory is called without any."
    if isinstance(error, ModuleNotFoundError):
        next_step = f"The builder has torch and numpy, not {error.name}: leave it out, or put its code into the source."
    return errors.RejectedError(
        REASONS.FACTORY_FAILED, f"{words}{line(error, files)}", field=FIELD, next_step=next_step
    )


def line(error: BaseException, files: Path) -> str:
    """The last line of the source that took part, to append to a message; nothing when none did."""
    if isinstance(error, SyntaxError):
        return f" ({Path(error.filename or '').name}:{error.lineno})"
    trace = traceback.extract_tb(error.__traceback__)
    frames = [frame for frame in trace if Path(frame.filename).is_relative_to(files)]
    return f" ({Path(frames[-1].filename).relative_to(files)}:{frames[-1].lineno})" if frames else ""
