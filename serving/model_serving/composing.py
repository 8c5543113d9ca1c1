"""The init container before Triton: `python -m model_serving compose`. Its last words name what is wrong."""

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pydantic

from model_serving import artifacts, compose, ending, places, settings


def main(arguments: Sequence[str]) -> int:
    """Compose, and return the exit code: 0, or FAILED with `{"reason", "message"}` in the termination log."""
    options = _parser().parse_args(arguments)
    try:
        model = _compose(options.artifact, options.repository)
    except (artifacts.ArtifactError, compose.CannotServeError, pydantic.ValidationError, OSError) as error:
        return ending.tell(options.termination_log, _reason(error), str(error))
    sys.stdout.write(f"composed {model}\n")
    return 0


def _compose(artifact: Path, repository: Path) -> Path:
    return compose.write(artifact, repository, asked(os.environ))


def asked(variables: Mapping[str, str]) -> settings.ServingSettings:
    """What the pod is to serve. Raises ValidationError."""
    serving = settings.ServingSettings.model_validate_json(variables.get(places.SETTINGS_VARIABLE, ""))
    threads = variables.get(places.THREADS_VARIABLE)
    return serving.model_copy(update={"threads": int(threads)}) if threads else serving


def _reason(error: Exception) -> str:
    """In one word, for a condition."""
    names: dict[type[Exception], str] = {
        artifacts.ArtifactError: "ArtifactInvalid",
        compose.CannotServeError: "ArtifactUnsuitable",
        pydantic.ValidationError: "SettingsInvalid",
    }
    return names.get(type(error), "ComposeFailed")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="model_serving compose",
        description=f"Settings are JSON in the environment variable {places.SETTINGS_VARIABLE}.",
    )
    parser.add_argument("--artifact", type=Path, default=Path(places.ARTIFACT), help="the artifact's folder")
    parser.add_argument("--repository", type=Path, default=Path(places.REPOSITORY), help="where to write")
    parser.add_argument("--termination-log", type=Path, default=Path("/dev/termination-log"))
    return parser
