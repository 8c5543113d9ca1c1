"""How ModelDeployments stand, as Prometheus reads it (docs/metrics.md). Pure.

Both replicas tell: whoever reads takes the greater, or either. `honorLabels` keeps the model's own namespace.
"""

from collections.abc import Iterable, Iterator, Sequence

from model_operator import families, standing

PREFIX = "modelsmith_model_"
Samples = Iterable[tuple[str, float]]
#: Rows with the labels that say whose they are.
Labelled = Sequence[tuple[str, standing.Row]]


def models(rows: Iterable[standing.Row]) -> Iterator[str]:
    """All families of all rows."""
    every = [(f'namespace="{row.namespace}",name="{row.name}"', row) for row in rows]
    for name, words, samples in (*_states(every), *_counts(every)):
        yield from families.gauge(f"{PREFIX}{name}", words, samples)


def _states(every: Labelled) -> Iterator[tuple[str, str, Samples]]:
    """What is so."""
    said = ((f"{labels},{text}", true) for labels, row in every for text, true in row.model.said)
    info = (
        (f'{labels},revision="{row.model.revision}",precision="{row.model.precision}"', 1)
        for labels, row in every
        if row.model.revision
    )
    outdated = "1 while servers answer that are not what this generation asks for."
    yield "ready", "1 while Ready is true.", ((labels, int(row.model.ready)) for labels, row in every)
    yield "condition", "1 where a condition is true, 0 where it is false.", said
    yield "info", "1, with what serves or is rolled out.", info
    yield "outdated", outdated, ((labels, int(row.outdated)) for labels, row in every)


def _counts(every: Labelled) -> Iterator[tuple[str, str, Samples]]:
    """How many servers."""
    limits = ((labels, row.model.maximum) for labels, row in every)
    maxima = ((labels, maximum) for labels, maximum in limits if maximum is not None)
    yield "replicas", "Servers that are there.", ((labels, row.servers.total) for labels, row in every)
    yield "replicas_wanted", "Servers that shall be there.", ((labels, row.servers.wanted) for labels, row in every)
    yield "replicas_ready", "Servers that are ready.", ((labels, row.servers.ready) for labels, row in every)
    yield "replicas_max", "The most servers that autoscaling may ask for.", maxima
