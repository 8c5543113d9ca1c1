"""Weights files, read without running what they hold."""

import pickle
import re
from pathlib import Path
from typing import Any

import safetensors
import safetensors.torch
import torch

from model_builder import contract, errors

FIELD = "spec.model.weights"
#: How torch's weights_only unpickler names what it will not run.
FORBIDDEN = re.compile(r"(?:GLOBAL|unrecognized function|allowlisted via .* but got) (\S+)")
#: What stands before the unpickler's own words; the rest is advice about flags that cannot be set here.
PREAMBLE = "WeightsUnpickler error:"

State = dict[str, torch.Tensor]


def read(path: Path, model: contract.Model) -> State:
    """Parameter name -> tensor.

    Raises:
        RejectedError: WeightsUnreadable, WeightsUnsafe.

    """
    if model.format == contract.ModelFormat.SAFETENSORS:
        return read_safetensors(path, model.weights)
    return as_state(read_pickle(path, model.weights), model.weights)


def read_safetensors(path: Path, name: str) -> State:
    """A safetensors file."""
    try:
        return safetensors.torch.load_file(path)
    except (safetensors.SafetensorError, OSError, ValueError) as error:
        raise unreadable(f"{name} is truncated or no safetensors file: {error}", hint(path)) from error


def read_pickle(path: Path, name: str) -> Any:
    """A torch.save file. weights_only: torch builds tensors and plain containers and refuses all else."""
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        if found := FORBIDDEN.search(str(error)):
            raise unsafe(name, found.group(1)) from error
        raise unreadable(f"{name} is not of the format stateDict: {first_line(error)}") from error
    except (RuntimeError, EOFError, OSError, ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
        raise unreadable(f"{name} is truncated, or not of the format stateDict: {first_line(error)}") from error


def as_state(loaded: Any, name: str) -> State:
    """What torch.load returned, if it is a state dict."""
    if not isinstance(loaded, dict):
        raise unreadable(f"{name} holds a {type(loaded).__name__}, not a state dict")
    others = [key for key, value in loaded.items() if not isinstance(value, torch.Tensor)]
    if others or not loaded:
        keys = ", ".join(str(key) for key in list(loaded)[:10])
        raise unreadable(f"{name} is not a state dict but holds {keys or 'nothing'}", inner(loaded))
    return loaded


def inner(loaded: dict[Any, Any]) -> str:
    """Does one of the keys hold a state dict?"""
    for key, value in loaded.items():
        if isinstance(value, dict) and value and all(isinstance(entry, torch.Tensor) for entry in value.values()):
            return f"Save that part alone: torch.save(checkpoint[{key!r}], path)."
    return "Save the tensors alone: torch.save(model.state_dict(), path)."


def unsafe(name: str, wanted: str) -> errors.RejectedError:
    """The pickle wants something run."""
    return errors.RejectedError(
        contract.FailureReason.WEIGHTS_UNSAFE,
        f"{name} is a pickle that wants to run {wanted}; it was not run",
        field=FIELD,
        next_step="Save the tensors alone: torch.save(model.state_dict(), path), or use safetensors.",
    )


def unreadable(problem: str, next_step: str = "") -> errors.RejectedError:
    """The file is not what it should be."""
    return errors.RejectedError(
        contract.FailureReason.WEIGHTS_UNREADABLE,
        problem,
        field=FIELD,
        next_step=next_step or "Save it again with torch.save(model.state_dict(), path), and copy the whole file.",
    )


def hint(path: Path) -> str:
    """Is it a file of the other format?"""
    with path.open("rb") as stream:
        if stream.read(2) in (b"PK", b"\x80\x02"):
            return "It looks like a torch.save file: set spec.model.format to stateDict."
    return "Save it again with safetensors.torch.save_file(model.state_dict(), path), and copy the whole file."


def first_line(error: Exception) -> str:
    """The first thing that torch says happened, or the kind of error where it says nothing."""
    words = str(error).split(PREAMBLE)[-1].strip()
    return words.splitlines()[0] if words else type(error).__name__
