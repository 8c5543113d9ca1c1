"""What a ModelDeployment asks to be built, and what that is called.

    asked            digest of all that the user decides      a change of it takes the operator's present images
    request digest   the same, with images and recipe         names the ModelBuild

Images and recipe are recorded in the status with `asked` and kept while it stays: a new version of the operator asks
for the same build, so it builds nothing and restarts nothing. `upgrading` says when they are taken anew.
"""

import dataclasses

from model_builder import contract, digests
from model_operator import locations, names
from model_operator.api import asking, build, deployment, types
from model_operator.builds import state as build_state
from model_operator.builds.manifests import request as build_request
from model_operator.deployments import state, upgrading


@dataclasses.dataclass(frozen=True)
class Wanted:
    """The build that is asked for, all but how it is run."""

    name: str
    asked: str
    request: contract.BuildRequest
    source: types.Source
    store: build.BuildStore
    pinned: upgrading.Pinned

    def spec(self, execution: build.Execution) -> build.ModelBuildSpec:
        """With how it is run."""
        return build.ModelBuildSpec(
            request=self.request, source=self.source, store=self.store, images=self.pinned.images, execution=execution
        )


def wanted(observed: state.Observed, spec: deployment.ModelDeploymentSpec) -> Wanted | None:
    """What is asked; None while a ConfigMap source does not exist: its content is part of the request."""
    if spec.model.source.config_map and observed.content is None:
        return remembered(observed, spec)
    return named(observed, spec)


def remembered(observed: state.Observed, spec: deployment.ModelDeploymentSpec) -> Wanted | None:
    """With the content as it was: when that asks for the present build, a ConfigMap that went changes nothing."""
    present = observed.status.build.name if observed.status.build else ""
    digest = state.field(observed.build(present) or {}, "spec", "request", "sourceDigest")
    if not digest:
        return None
    assumed = named(dataclasses.replace(observed, content=state.Content(digest, frozenset())), spec)
    return assumed if assumed.name == present else None


def named(observed: state.Observed, spec: deployment.ModelDeploymentSpec) -> Wanted:
    """What is asked, and its name."""
    unpinned = request(observed, spec, "")
    asked = _asked_digest(observed, spec, unpinned)
    pinned = upgrading.pinned(observed, spec, asked)
    wanted = unpinned.model_copy(update={"recipe": pinned.recipe})
    source, store = spec.model.source, locations.store(spec.artifact)
    digest = digests.of_json(
        {
            "request": build_request.written(wanted),
            "source": build_state.dump(source),
            "store": build_state.dump(store),
            "images": build_state.dump(pinned.images),
        }
    )
    return Wanted(names.build(digest), asked, wanted, source, store, pinned)


def _asked_digest(
    observed: state.Observed, spec: deployment.ModelDeploymentSpec, unpinned: contract.BuildRequest
) -> str:
    """Digest of what the user decides about the artifact, and of when it was asked for anew."""
    return digests.of_json(
        {
            "request": build_request.written(unpinned),
            "source": build_state.dump(spec.model.source),
            "store": build_state.dump(locations.store(spec.artifact)),
            "images": [spec.build.image, spec.serving.image],
            "requestedAt": observed.requested_at,
        }
    )


def request(observed: state.Observed, spec: deployment.ModelDeploymentSpec, recipe: str) -> contract.BuildRequest:
    """What is asked. A ConfigMap is pinned by its content; a claim cannot be."""
    digest = observed.content.digest if observed.content else None
    return asking.request(spec, source_digest=digest, recipe=recipe)
