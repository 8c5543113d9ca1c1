"""What a newer operator brings, and when it is taken. Pure.

Images and recipe are recorded at first use and kept while the same is asked: an upgrade of the operator builds nothing
and restarts nobody. The condition UpdateAvailable says what is new; a new value of the annotation
modelsmith.dev/upgradedAt takes it once:

    the recipe is new                       ─► a new build, with all images of now: its artifact may be another
    the builder is new, and has built nothing yet ─► the same: it may do what the old one could not
    the serving or the Triton image is new  ─► a new revision of the artifact that is there, and no build

A new builder of the same recipe would find its artifact in the store (images are no part of a plan) and end there;
but it would read the source again, and a claim may hold another model by now. So it waits for the next build. The new
Triton is held against the artifact by each server's sentinel, before the server counts as ready.
"""

import dataclasses

from model_builder import contract
from model_operator import conditions, names, reasons
from model_operator.api import deployment, types
from model_operator.deployments import state

#: Characters shown of an image's name; a digest is cut to what tells it from others.
_SHOWN = 120
_DIGEST = len("sha256:") + 12


@dataclasses.dataclass(frozen=True)
class Pinned:
    """What is used: images and recipe of the build, and images of the servers (their `builder` means nothing)."""

    images: types.Images
    recipe: str
    serving: types.Images


def offered(observed: state.Observed, spec: deployment.ModelDeploymentSpec) -> Pinned:
    """What this operator brings, but for what the spec names."""
    images = types.Images(
        builder=spec.build.image or observed.images.builder,
        serving=observed.images.serving,
        triton=spec.serving.image or observed.images.triton,
    )
    return Pinned(images, contract.RECIPE_VERSION, images)


def recorded(status: deployment.ModelDeploymentStatus) -> Pinned | None:
    """What the status says is in use; None before the first use."""
    if status.images is None or not status.recipe:
        return None
    apart = status.serving_images
    serving = status.images.model_copy(update=apart.model_dump()) if apart else status.images
    return Pinned(status.images, status.recipe, serving)


def pinned(observed: state.Observed, spec: deployment.ModelDeploymentSpec, asked: str) -> Pinned:
    """What to use: as recorded while the same is asked, else what there is now."""
    now, before = offered(observed, spec), recorded(observed.status)
    if before is None or observed.status.asked != asked:
        return now
    if observed.upgraded_at in ("", observed.status.upgraded_at):
        return before
    return now if rebuilds(observed, before, now) else dataclasses.replace(before, serving=now.serving)


def rebuilds(observed: state.Observed, before: Pinned, now: Pinned) -> bool:
    """Whether taking what is new means a build."""
    return before.recipe != now.recipe or (before.images.builder != now.images.builder and not _built(observed))


def fields(observed: state.Observed, used: Pinned) -> dict[str, object]:
    """What the status says about it. A value of the annotation that was carried out is never carried out again."""
    apart = types.ServingImages(serving=used.serving.serving, triton=used.serving.triton)
    same = (apart.serving, apart.triton) == (used.images.serving, used.images.triton)
    return {
        "images": used.images,
        "recipe": used.recipe,
        "serving_images": None if same else apart,
        "upgraded_at": observed.upgraded_at or observed.status.upgraded_at,
    }


def drafts(observed: state.Observed, used: Pinned | None) -> list[conditions.Draft]:
    """UpdateAvailable; none where nothing is new, as kstatus's own conditions are there only when so."""
    used = used or recorded(observed.status)
    if observed.spec is None or used is None:
        return []
    now = offered(observed, observed.spec)
    builds = rebuilds(observed, used, now)
    if not (news := _news(used, now, builds=builds)):
        return []
    message = (
        f"the operator brings {', '.join(news)}; `modelsmith upgrade {observed.name} -n {observed.namespace}` takes it"
        f" (or a new value of the annotation {names.UPGRADED_AT}): {_means(builds=builds)}. Until then nothing changes"
    )
    return [conditions.Draft(conditions.Type.UPDATE_AVAILABLE, True, reasons.Reason.OPERATOR_UPGRADED, message)]


def _news(used: Pinned, now: Pinned, *, builds: bool) -> list[str]:
    """What differs, and from what."""
    pairs = {
        "recipe": (used.recipe, now.recipe),
        "builder image": (used.images.builder, now.images.builder if builds else used.images.builder),
        "serving image": (used.serving.serving, now.serving.serving),
        "triton image": (used.serving.triton, now.serving.triton),
    }
    return [f"{what} {_short(new)} (in use: {_short(old)})" for what, (old, new) in pairs.items() if old != new]


def _means(*, builds: bool) -> str:
    return "a new build, then new servers" if builds else "new servers of the same artifact, and no build"


def _built(observed: state.Observed) -> bool:
    """The build that is in use has an artifact."""
    reference = observed.status.build
    build = observed.build(reference.name) if reference else None
    return bool(state.field(build or {}, "status", "artifact", "digest"))


def _short(text: str) -> str:
    """An image as a person tells it from another."""
    name, at, digest = text.partition("@")
    return f"{name[:_SHOWN]}{at}{digest[:_DIGEST]}"
