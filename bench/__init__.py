"""What the operator costs, beside others that do the same work on the same cluster, in one run.

    ours        python -m model_operator
    raw         L: a raw asyncio controller, the writes that cannot be spared and nothing else
    idiomatic   K: a kopf operator as a user of kopf writes it, in three manners of following its children

`python -m bench` runs it; docs/benchmarks.md is what it writes.
"""
