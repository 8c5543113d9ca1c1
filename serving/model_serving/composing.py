"""The init container before Triton: `python -m model_serving compose`. Its last words name what is wrong."""

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import pydantic

from model_builder import contract
from model_serving import artifacts, compose, places, settings

#: One code for every failure; the reason stands in the termination message.
FAILED = 1


def main(arguments: Sequence[str]) -> int:
    """Compose, and return the exit code: 0, or FAILED with `{"reason", "message"}` in the termination log."""
    options = _parser().parse_args(arguments)
    try:
        model = _compose(options.artifact, options.repository)
    except (artifacts.ArtifactError, compose.CannotServeError, pydantic.ValidationError, OSError) as error:
        _last_words(options.termination_log, _reason(error), str(error))
        return FAILED
    sys.stdout.write(f"composed {model}\n")
    return 0


def _compose(artifact: Path, repository: Path) -> Path:
    serving = settings.ServingSettings.model_validate_json(os.environ.get(places.SETTINGS_VARIABLE, ""))
    return compose.write(artifact, repository, serving)


def _reason(error: Exception) -> str:
    """In one word, for a condition."""
    names: dict[type[Exception], str] = {
        artifacts.ArtifactError: "ArtifactInvalid",
        compose.CannotServeError: "ArtifactUnsuitable",
        pydantic.ValidationError: "SettingsInvalid",
    }
    return names.get(type(error), "ComposeFailed")


def _last_words(log: Path, reason: str, message: str) -> None:
    """Tell the log's reader and the operator. A log that cannot be written must not hide the reason."""
    sys.stderr.write(f"{reason}: {message}\n")
    # A character may take 6 bytes in JSON: cut so that the message stays whole JSON within Kubernetes' limit.
    words = json.dumps({"reason": reason, "message": message[: contract.TERMINATION_MESSAGE_LIMIT // 8]})
    try:
        log.write_text(words)
    except OSError as error:
        sys.stderr.write(f"cannot write {log}: {error.strerror}\n")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="model_serving compose",
        description=f"Settings are JSON in the environment variable {places.SETTINGS_VARIABLE}.",
    )
    parser.add_argument("--artifact", type=Path, default=Path(places.ARTIFACT), help="the artifact's folder")
    parser.add_argument("--repository", type=Path, default=Path(places.REPOSITORY), help="where to write")
    parser.add_argument("--termination-log", type=Path, default=Path("/dev/termination-log"))
    return parser
