"""Deleting from a repository of a registry: what is named, and nothing else; it may hold anybody's artifacts."""

from collections.abc import Sequence

from model_builder import contract, progress


def remove(repository: str, artifacts: Sequence[contract.Digest], *, plain_http: bool) -> list[contract.Digest]:
    """Delete artifacts; those that were there. Raises errors.BuildError."""
    from model_builder.publishing import oci

    store = oci.OciStore(repository, plain_http=plain_http)
    removed = [artifact for artifact in artifacts if store.remove(artifact)]
    for artifact in removed:
        progress.say(f"gc: deleted {artifact} from {repository}")
    progress.say(f"gc: {len(removed)} of {len(artifacts)} artifacts deleted; the others were not there")
    return removed
