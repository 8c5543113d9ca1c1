"""The steps on a terminal: a spinner, the seconds, and the last thing that each said. Drawn with rich."""

import contextlib
from collections.abc import Iterator

import rich.console
import rich.progress
import rich.table
import rich.text


class _Mark(rich.progress.SpinnerColumn):
    """A spinner while it lasts, then how it ended."""

    def render(self, task: rich.progress.Task) -> rich.console.RenderableType:
        return rich.text.Text(task.fields["mark"]) if task.finished else super().render(task)


class Bars:
    """One line a step."""

    def __init__(self, drawn: rich.progress.Progress) -> None:
        """`drawn` is on the screen."""
        self._drawn = drawn
        self._task = rich.progress.TaskID(0)
        self._step = ""

    def say(self, text: str) -> None:
        """A line above them."""
        self._drawn.console.print(text, markup=False, highlight=False, soft_wrap=True)

    def begin(self, step: str) -> None:
        """A new line."""
        self._step = step
        self._task = self._drawn.add_task(step, total=1, said="", mark="")

    def lines(self, lines: list[str]) -> None:
        """The last one is shown; without one the spinner turns."""
        if lines:
            self._drawn.update(self._task, said=lines[-1].removeprefix(f"{self._step}: "))
        self._drawn.refresh()

    def end(self, result: str) -> None:
        """The line stays."""
        mark = "✗" if result == "failed" else "✓"
        self._drawn.update(self._task, completed=1, said=result, mark=mark, refresh=True)


@contextlib.contextmanager
def shown() -> Iterator[Bars]:
    """Drawn at each look, by no thread."""
    drawn = rich.progress.Progress(
        _Mark(),
        rich.progress.TextColumn("{task.description}"),
        rich.progress.TimeElapsedColumn(),
        rich.progress.TextColumn(
            "{task.fields[said]}", markup=False, table_column=rich.table.Column(no_wrap=True, overflow="ellipsis")
        ),
        console=rich.console.Console(stderr=True),
        auto_refresh=False,
    )
    with drawn:
        yield Bars(drawn)
