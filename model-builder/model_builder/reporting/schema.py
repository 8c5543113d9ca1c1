"""docs/report.schema.json, from the type that report.json is written by.

`python -m model_builder.reporting.schema` writes the file; a test compares.
"""

import json
import sys
from pathlib import Path

from model_builder import contract

FILE = Path(__file__).resolve().parents[3] / "docs" / "report.schema.json"
DIALECT = "https://json-schema.org/draft/2020-12/schema"


def text() -> str:
    """The schema, as a file that people read too."""
    schema = {"$schema": DIALECT, **contract.FullReport.model_json_schema(by_alias=True)}
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def main() -> None:
    """Write the file."""
    FILE.write_text(text(), encoding="utf-8")
    sys.stdout.write(f"{FILE.name}: schema version {contract.REPORT_SCHEMA}\n")


if __name__ == "__main__":
    main()
