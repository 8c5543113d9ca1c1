"""docs/failures.md holds no row without a test that causes it, and no reason that nobody gives."""

import ast
import re
from pathlib import Path

import pytest
from pure import build_rows, deployment_rows, scaled

from model_builder import contract
from model_operator import reasons

ROOT = Path(__file__).parents[3]
#: Reasons come from the operator, or from the builder through it; tests write their values or their members' names.
REASONS = {member.value: member.name for kind in (reasons.Reason, contract.FailureReason) for member in kind}
#: `[label](../file "test")`, where a row of a table of situations follows its test in brackets.
CAUSE = re.compile(r'\[[^\]]+\]\(\.\./(?P<file>[^ ]+) "(?P<test>\w+)(?:\[(?P<row>[^"]+)\])?"\)')
SITUATIONS = {**build_rows.ROWS, **deployment_rows.ROWS, **scaled.ROWS}


def table():
    """Cells of each row that tells a failure."""
    text = (ROOT / "docs" / "failures.md").read_text().split("## Mending")[0]
    rows = [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("| ")]
    return [row for row in rows if row[0] != "what happens"]


ROWS = table()


def causes(row):
    return [found.groupdict() for found in CAUSE.finditer(row[-1])]


def told(row):
    """The reasons that a row names."""
    return re.findall(r"\b[A-Z]\w*[a-z]\w*", row[1])


def source(file, test):
    """The text of a test; a helper that a whole file shares is not looked into."""
    text = (ROOT / file).read_text()
    found = [node for node in ast.parse(text).body if isinstance(node, ast.FunctionDef) and node.name == test]
    return "".join(ast.get_source_segment(text, node) for node in found)


def proof(cause):
    """Where the reasons must stand: in the test, or in the situation that it is given."""
    text = source(cause["file"], cause["test"])
    return text and (str(SITUATIONS[cause["row"]]) if cause["row"] else text)


def test_there_are_rows_for_builds_and_for_servers():
    assert len(ROWS) > 30


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_a_row_names_the_test_that_causes_it(row):
    assert causes(row), "name a test in its last cell"
    assert row[-1].count('"') == 2 * len(causes(row))
    for cause in causes(row):
        assert proof(cause), f"there is no {cause}"


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_the_tests_of_a_row_see_each_of_its_reasons(row):
    proofs = " ".join(proof(cause) for cause in causes(row))
    assert told(row)
    for reason in told(row):
        assert reason in REASONS
        assert reason in proofs or f".{REASONS[reason]}" in proofs, reason
