"""A graph's answers to the same samples in different company: each alone, in full batches, in mixed batches.

A server joins requests, so a sample never knows its neighbours. A graph whose answers depend on them (a mean over the
batch, a scale taken from it) is right in one mode and wrong in another.
"""

import itertools
import time
from collections.abc import Iterator, Mapping

import numpy as np

from model_builder import arrays, contract, progress, running
from model_builder.optimizing import parity, runtime

Answers = dict[str, arrays.Array]
SEED = 0
#: Seconds between two lines about a long run.
PAUSE = 10.0


def ask(session: runtime.Session, rows: Mapping[str, arrays.Array], *, batched: bool) -> dict[contract.Mode, Answers]:
    """Mode -> output name -> (rows, *output), in the order of the rows; a model without a batch axis is asked alone."""
    if not batched:
        answers = running.over_requests(telling(session.call, rows, "alone"), rows)
        return {contract.Mode.ALONE: named(session, answers)}
    order, sizes = mixed(len(next(iter(rows.values()))))
    shuffled = {name: array[order] for name, array in rows.items()}
    in_mixed = running.in_batches(session.call, shuffled, sizes)
    alone = running.in_batches(telling(session.call, rows, "alone"), rows, itertools.repeat(1))
    return {
        contract.Mode.ALONE: named(session, alone),
        contract.Mode.FULL_BATCH: named(session, running.over_rows(session.call, rows, batched=True)),
        contract.Mode.MIXED_BATCHES: named(session, [answer[np.argsort(order)] for answer in in_mixed]),
    }


def named(session: runtime.Session, answers: list[arrays.Array]) -> Answers:
    """Outputs by their names."""
    return dict(zip(session.outputs, answers, strict=True))


def mixed(rows: int) -> tuple[arrays.Array, Iterator[int]]:
    """An order of the rows and sizes of batches, drawn at random, the same each time."""
    source = np.random.default_rng(SEED)
    order = source.permutation(rows)
    return order, iter(source.integers(1, running.BATCH + 1, rows).tolist())


def telling(call: running.Call, rows: Mapping[str, arrays.Array], how: str) -> running.Call:
    """The same call, which now and then says how far it is."""
    total, said = len(next(iter(rows.values()))), time.monotonic()
    count = 0

    def told(feed: Mapping[str, arrays.Array]) -> list[arrays.Array]:
        nonlocal count, said
        count += 1
        if time.monotonic() - said > PAUSE:
            said = time.monotonic()
            progress.say(f"optimize: {how}: {count} of {total} samples")
        return call(feed)

    return told


def independent(answers: Mapping[contract.Mode, Answers], bounds: Mapping[str, parity.Bound]) -> bool:
    """Does each sample get the same answer in company as alone?"""
    alone = answers[contract.Mode.ALONE]
    company = [given for mode, given in answers.items() if mode != contract.Mode.ALONE]
    return all(same(given[name], right, bounds[name]) for given in company for name, right in alone.items())


def same(answer: arrays.Array, expected: arrays.Array, bound: parity.Bound) -> bool:
    """As in `parity.equal`, but for a rare element: a code of a quantized graph can tip over, one batch or another."""
    return bool((~parity.close(answer, expected, bound)).mean() <= contract.RARE) if expected.size else True
