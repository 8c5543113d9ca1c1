"""What the tests measured: told together at the end, whatever pytest captures."""

LINES: list[str] = []


def say(line: str) -> None:
    """One line of the summary."""
    LINES.append(line)
