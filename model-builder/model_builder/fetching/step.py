"""fetch: resolve every source to content, and see whether the store already has what comes of it."""

import shutil

from model_builder import contract, digests, errors, places, progress, storage
from model_builder.fetching import local, resolving
from model_builder.publishing import stores


def run(where: places.Places) -> None:
    """Copy the files, write resolution.json."""
    request = read_request(where)
    check(request)
    shutil.rmtree(where.files, ignore_errors=True)
    with progress.timed(f"fetch: reading {request.model.weights}, code and data sets"):
        files = resolving.fetch(request, local.LocalSource(where.source), where.files)
    plan = contract.Plan(request=request, files=files)
    found = cached(where, plan)
    resolution = contract.Resolution(
        plan=plan,
        plan_digest=digests.of_plan(plan),
        cached=found.artifact if found else None,
        cached_reference=found.reference if found else "",
    )
    storage.write(where.resolution, resolution.model_dump_json().encode())
    describe(where, resolution)


def read_request(where: places.Places) -> contract.BuildRequest:
    """The request as mounted.

    Raises:
        InternalError: there is none, or it is not one; the operator writes it, so its user cannot mend it.

    """
    try:
        return contract.BuildRequest.model_validate_json(where.request.read_bytes())
    except (OSError, ValueError) as error:
        raise errors.InternalError(
            contract.FailureReason.INTERNAL_ERROR,
            f"the build request {where.request.name} cannot be read: {error}",
            next_step="See that operator and builder are of the same version.",
        ) from error


def check(request: contract.BuildRequest) -> None:
    """Raise RejectedError if the request contradicts itself."""
    if found := contract.contradiction(request):
        raise errors.RejectedError(found.reason, found.message, field=found.field, next_step=found.next_step)


def cached(where: places.Places, plan: contract.Plan) -> stores.Found | None:
    """The artifact of an earlier build of the same plan, when the store has it whole."""
    with progress.timed("fetch: looking into the store"):
        return stores.of(where).find(digests.of_plan(plan))


def describe(where: places.Places, resolution: contract.Resolution) -> None:
    """What was found, a line each."""
    for name, digest in resolution.plan.files.items():
        progress.say(f"fetch: {name} {progress.bytes_of((where.files / name).stat().st_size)} {digest}")
    progress.say(f"fetch: plan {resolution.plan_digest}")
    progress.say(f"fetch: the store {f'holds {resolution.cached}' if resolution.cached else 'has no artifact of it'}")
