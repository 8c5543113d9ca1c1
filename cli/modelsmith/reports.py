"""Where a report lies, and what is in it. Of the builder only its contract is needed."""

import json
from pathlib import Path

import pydantic

from model_builder import contract
from modelsmith import errors

FILE = "report.json"
PAGE = "report.html"
#: How deep below a directory a report may lie: a build's output is a store, artifacts/<digest>/report.json.
DEPTHS = (FILE, f"*/{FILE}", f"*/*/{FILE}")
#: Of several reports, how many are named.
NAMED = 5


def find(path: Path) -> Path:
    """The report.json that a path means. Raises SaidError."""
    if path.is_dir():
        return below(path)
    if not path.exists():
        raise errors.SaidError(
            f"{path} is not there: name an artifact's directory, or what `modelsmith build --out` made"
        )
    file = path if path.suffix == ".json" else path.with_name(FILE)
    if path.name not in {file.name, PAGE}:
        raise errors.SaidError(f"{path} is no report: name a {FILE}, a {PAGE} or the directory that holds them")
    if not file.is_file():
        raise errors.SaidError(
            f"{path} has no {FILE} beside it, where the figures are: copy both, or open the page itself"
        )
    return file


def below(folder: Path) -> Path:
    """The only report in a directory, the nearest first. Raises SaidError."""
    for depth in DEPTHS:
        found = sorted(file for file in folder.glob(depth) if not file.relative_to(folder).parts[0].startswith("."))
        if len(found) == 1:
            return found[0]
        if found:
            names = ", ".join(str(file.parent) for file in found[:NAMED])
            raise errors.SaidError(f"{folder} holds {len(found)} reports, name one of them: {names}")
    raise errors.SaidError(
        f"{folder} holds no {FILE}: name an artifact's directory, or make one with "
        "`modelsmith build -f modeldeployment.yaml --out DIR`"
    )


def read(file: Path) -> tuple[str, contract.FullReport]:
    """Its text, and what it says. Raises SaidError."""
    try:
        content = file.read_text(encoding="utf-8")
        version = schema_version(json.loads(content))
    except OSError as error:
        raise errors.SaidError(f"{file} cannot be read: {error.strerror or error}") from error
    except ValueError as error:
        raise errors.SaidError(f"{file} is no report: it is not JSON ({error}); build it anew") from error
    if version != contract.REPORT_SCHEMA:
        raise errors.SaidError(f"{file} {other(version)}; its {PAGE} opens in any browser")
    try:
        report = contract.FullReport.model_validate_json(content)
    except pydantic.ValidationError as error:
        raise errors.SaidError(f"{file} is no report: {first(error)}; build it anew") from error
    if all(candidate.name != report.chosen for candidate in report.candidates):
        raise errors.SaidError(f"{file} is no report: it chose {report.chosen}, which it did not judge; build it anew")
    return content, report


def schema_version(value: object) -> int:
    """What the report says of its version; before it had one, it was the first."""
    version = value.get("schemaVersion", 1) if isinstance(value, dict) else None
    return version if isinstance(version, int) else contract.REPORT_SCHEMA


def other(version: int) -> str:
    """Why another version is not read, and what to do."""
    versions = f"(schema version {version}, this one reads {contract.REPORT_SCHEMA})"
    if version > contract.REPORT_SCHEMA:
        return f"was written by a newer Modelsmith {versions}: update this one"
    return f"was written by an older Modelsmith {versions}: build it anew, or use that one"


def first(error: pydantic.ValidationError) -> str:
    """The first thing that is wrong, in a line."""
    problem = error.errors(include_url=False, include_input=False)[0]
    place = ".".join(str(part) for part in problem["loc"])
    return f"{place}: {problem['msg']}" if place else problem["msg"]
