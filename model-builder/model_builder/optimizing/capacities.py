"""How many requests a second can one server take? Which load to try next, and what those that were tried mean. Pure.

The loads are closed loops: so many clients, each of which asks again once it is answered. Twice as many from one to the
next, until the server gets no more done:

    at once      1      2      4      8     16     32
    a second   810  1,400  2,900  4,100  4,300  4,200    ─► the knee is at 8: more at once only wait longer

Up to the knee throughput grows with the load; beyond it the server is saturated, and by Little's law (J. D. C. Little,
A Proof for the Queuing Formula: L = λW, Operations Research 9(3), 1961) each further request lengthens the wait of all:
latency = number at once / throughput. These two bounds, and the knee where they meet, are in P. J. Denning and
J. P. Buzen, The Operational Analysis of Queueing Network Models, ACM Computing Surveys 10(3), 1978.
"""

from collections.abc import Sequence

from model_builder import contract
from model_builder.optimizing import latencies

#: Loads that get less than this times as much done as the best before them show that the server is saturated ...
GROWTH = 1.1
#: ... where so many do in a row: in one of them the machine may have been busy with something else.
STALLS = 2
#: No fewer at once show that. Two take turns: while one is executed the other waits alone, so that a server which does
#: better with a batch has none to join, and does no more than with one.
TELLING = 4
#: Seconds of a load.
WINDOW = 1.0
#: Seconds of all loads together.
PATIENCE = 8.0


def load(concurrency: int, requests: int, seconds: float) -> contract.ServerLoad:
    """What so many at once got done in that time. The latency is Little's law's, for nobody paused in between."""
    return contract.ServerLoad(
        concurrency=concurrency,
        requests=requests,
        requests_per_second=latencies.rounded(requests / seconds),
        latency=latencies.rounded(concurrency * seconds / requests * 1e6),
    )


def following(tried: Sequence[contract.ServerLoad], max_batch: int, left: float) -> int | None:
    """How many at once to try next; None when enough is known, or when it would not be over in the seconds left."""
    last = tried[-1]
    if saturated(tried) or last.concurrency >= most(max_batch) or longest(last) > left:
        return None
    return min(2 * last.concurrency, most(max_batch))


def most(max_batch: int) -> int:
    """The largest load: one batch is executed while the next waits whole.

    So Triton's guide to optimization (docs/user_guide/optimization.md): the highest throughput is to be expected at
    twice the largest batch for each instance. There is one instance, as serving has by default.
    """
    return max(TELLING, 2 * max_batch)


def saturated(tried: Sequence[contract.ServerLoad]) -> bool:
    """The last loads got hardly more done than smaller ones."""
    before, last = tried[:-STALLS], tried[-STALLS:]
    return bool(before) and last[0].concurrency >= TELLING and best(last) < GROWTH * best(before)


def best(tried: Sequence[contract.ServerLoad]) -> float:
    """The highest throughput."""
    return max(one.requests_per_second for one in tried)


def longest(last: contract.ServerLoad) -> float:
    """Seconds that twice the load takes at most: a request before the window, and one that outlasts it.

    A server that gets no more done than before answers twice as many in twice the time.
    """
    return WINDOW + 2 * (2 * last.latency / 1e6)


def knee(tried: Sequence[contract.ServerLoad]) -> contract.ServerLoad:
    """The least load that gets about as much done as any."""
    most_done = best(tried)
    return next(one for one in tried if GROWTH * one.requests_per_second >= most_done)


def capacity(tried: Sequence[contract.ServerLoad], max_batch: int, threads: int) -> contract.ServerCapacity:
    """What the loads say of one server. Each request holds one sample, so a batch is as many requests."""
    found = knee(tried)
    return contract.ServerCapacity(
        requests_per_second=found.requests_per_second,
        concurrency=found.concurrency,
        latency=found.latency,
        threads=threads,
        max_batch=max_batch,
        batch_seconds=latencies.rounded(max_batch / found.requests_per_second),
    )
