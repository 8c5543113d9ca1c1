"""A line about an object says which, for machines too."""

import ast
from collections.abc import Iterator
from pathlib import Path

import model_operator

#: What they say is about the process.
_OF_THE_PROCESS = frozenset({"__main__.py", "running.py"})
_LEVELS = frozenset({"debug", "info", "warning", "error", "exception"})


def calls() -> Iterator[tuple[str, ast.Call]]:
    """Every call of a logger, with where it stands."""
    root = Path(model_operator.__file__).parent
    for path in sorted(root.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            match node:
                case ast.Call(func=ast.Attribute(value=ast.Name(id="logger"), attr=level)) if level in _LEVELS:
                    yield f"{path.relative_to(root)}:{node.lineno}", node


def test_every_line_names_its_object_unless_it_is_about_the_process():
    lines = list(calls())
    assert len(lines) > 10
    mute = [
        where
        for where, call in lines
        if where.split(":")[0] not in _OF_THE_PROCESS and "extra" not in {each.arg for each in call.keywords}
    ]
    assert mute == []
