"""The confusion table: whole where it can be read, else its worst cells."""

import collections
import dataclasses
import math
from collections.abc import Sequence

from model_builder import contract

#: Classes of which a table still fits a page.
TABLE = 20
#: Pairs of classes that are listed where there are more.
PAIRS = 20


@dataclasses.dataclass(frozen=True)
class Cell:
    """Rows of one class answered with one class, and how strongly to shade it: 0 to 1."""

    count: int
    shade: float
    right: bool


@dataclasses.dataclass(frozen=True)
class Row:
    """Answers to one class's rows, in the order of the classes."""

    truth: int
    cells: list[Cell]
    total: int
    recall: float | None


@dataclasses.dataclass(frozen=True)
class Pair:
    """Two classes of which one was taken for the other."""

    truth: int
    predicted: int
    count: int
    share: float


@dataclasses.dataclass(frozen=True)
class Confusion:
    """What is shown: rows of a table, or pairs; and how many answers were wrong."""

    classes: list[int]
    rows: list[Row]
    pairs: list[Pair]
    wrong: int
    wrong_pairs: int
    total: int


def confusion(cells: Sequence[contract.ConfusionCell]) -> Confusion | None:
    """None without an evaluation set."""
    if not cells:
        return None
    counts = {(cell.truth, cell.predicted): cell.count for cell in cells}
    classes = sorted({name for pair in counts for name in pair})
    wrong = {pair: count for pair, count in counts.items() if pair[0] != pair[1]}
    small = len(classes) <= TABLE
    return Confusion(
        classes=classes,
        rows=[row(truth, classes, counts) for truth in classes] if small else [],
        pairs=[] if small else worst(counts, wrong),
        wrong=sum(wrong.values()),
        wrong_pairs=len(wrong),
        total=sum(counts.values()),
    )


def row(truth: int, classes: Sequence[int], counts: dict[tuple[int, int], int]) -> Row:
    """One line of the table; shades grow with the root, so that a single wrong answer can be seen."""
    found = [counts.get((truth, predicted), 0) for predicted in classes]
    total = sum(found)
    cells = [
        Cell(count, round(math.sqrt(count / total), 2) if count else 0, truth == predicted)
        for predicted, count in zip(classes, found, strict=True)
    ]
    return Row(truth, cells, total, counts.get((truth, truth), 0) / total if total else None)


def worst(counts: dict[tuple[int, int], int], wrong: dict[tuple[int, int], int]) -> list[Pair]:
    """The pairs with the most wrong answers, the most first."""
    totals: collections.Counter[int] = collections.Counter()
    for (truth, _), count in counts.items():
        totals[truth] += count
    ordered = sorted(wrong.items(), key=lambda item: (-item[1], item[0]))
    return [Pair(truth, predicted, count, count / totals[truth]) for (truth, predicted), count in ordered[:PAIRS]]
