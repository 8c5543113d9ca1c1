"""The rights that the chart grants are those that the operator uses: no fewer, and no more."""

import dataclasses

import pytest
from edge import clusters, permissions, usage

from model_operator import connecting

EVERYWHERE, IN_ITS_NAMESPACES = "everywhere", "in its namespaces"


@dataclasses.dataclass(frozen=True)
class Played:
    """The story, and how it went."""

    namespace: str
    release: permissions.Release
    told: dict[str, permissions.Requests]


@pytest.fixture(scope="module", params=[EVERYWHERE, IN_ITS_NAMESPACES])
def played(request, cluster, process, tmp_path_factory) -> Played:
    """A release of the chart, and an operator with its rights and its environment, from beginning to end."""
    process.stop()
    if request.param == EVERYWHERE:
        cluster.call("POST", connecting.path(clusters.NAMESPACE), {"metadata": {"name": permissions.NAMESPACE}})
    namespace = cluster.namespace()
    narrow = ("--set", f"namespaces={{{namespace.name}}}", "--set", "policy.secretLabel=true")
    words = narrow if request.param == IN_ITS_NAMESPACES else ()
    release = permissions.Release("narrow" if words else "wide", *words)
    release.apply(cluster)
    operator = permissions.Operator(cluster, tmp_path_factory.mktemp("permitted"), release)
    try:
        return Played(namespace.name, release, usage.tell(usage.Stage(namespace, operator)))
    finally:
        operator.stop()


def uses(played: Played) -> dict[tuple[str, str], dict[str, str]]:
    """What is used by an operator of all namespaces, or of some; and of one that asks for a label on Secrets."""
    environment = played.release.environment
    labelled = usage.OFFERED if environment["MODELSMITH_USE_LABEL"] == "on" else {}
    everywhere = {} if environment["MODELSMITH_NAMESPACES"] else usage.CLUSTER_USES
    return usage.USES | labelled | everywhere


def expected(played: Played) -> set[permissions.Use]:
    return {(*about, verb) for about, verbs in uses(played).items() for verb in verbs}


def test_nothing_was_forbidden(played):
    assert {chapter: asked.forbidden for chapter, asked in played.told.items() if asked.forbidden} == {}


def test_what_is_used_is_granted(played):
    used = frozenset().union(*(asked.uses for asked in played.told.values()))
    assert used <= played.release.granted


def test_what_is_granted_is_used_and_by_which_chapter(played):
    assert played.release.granted == expected(played)
    idle = {
        (*about, verb): chapter
        for about, verbs in uses(played).items()
        for verb, chapter in verbs.items()
        if (*about, verb) not in played.told[chapter].uses
    }
    assert idle == {}, "granted, and not used in the chapter that is said to need it"


def test_with_a_list_of_namespaces_it_asks_for_nothing_outside(played):
    asked = frozenset().union(*(asked.namespaces for asked in played.told.values()))
    bound_everywhere = [one for one in played.release.objects if one["kind"] == "ClusterRoleBinding"]
    if played.release.environment["MODELSMITH_NAMESPACES"]:
        assert asked <= {played.namespace, permissions.NAMESPACE}
        assert bound_everywhere == []
    else:
        assert "" in asked
        assert len(bound_everywhere) == 1
