import hashlib
import string

import hypothesis
from hypothesis import strategies

from builder import making
from model_builder import contract, digests

paths = strategies.text(string.ascii_letters + string.digits + "._-", min_size=1, max_size=12)
contents = strategies.binary(max_size=64).map(digests.of_bytes)
files = strategies.dictionaries(paths, contents, max_size=6)


@hypothesis.given(files)
def test_a_manifest_reads_back_as_it_was_written(listed: dict[str, str]) -> None:
    assert digests.read_manifest(digests.manifest(listed)) == listed


@hypothesis.given(files)
def test_the_order_of_files_does_not_matter(listed: dict[str, str]) -> None:
    turned = dict(reversed(listed.items()))
    assert digests.of_files(turned) == digests.of_files(listed)
    assert digests.manifest(turned) == digests.manifest(listed)


@hypothesis.given(files, files)
def test_other_files_have_another_digest(first: dict[str, str], second: dict[str, str]) -> None:
    assert (digests.of_files(first) == digests.of_files(second)) == (first == second)


@hypothesis.given(strategies.binary())
def test_a_digest_is_sha256(content: bytes) -> None:
    assert digests.of_bytes(content) == f"sha256:{hashlib.sha256(content).hexdigest()}"


@hypothesis.given(files)
def test_the_plan_digest_counts_content_and_not_where_it_lay(listed: dict[str, str]) -> None:
    asked = contract.BuildRequest.model_validate(making.request())
    moved = asked.model_copy(update={"source_root": "elsewhere", "source_digest": digests.of_files(listed)})
    plans = [contract.Plan(request=request, files=listed) for request in (asked, moved)]
    assert digests.of_plan(plans[0]) == digests.of_plan(plans[1])


def test_another_recipe_is_another_plan() -> None:
    asked = contract.BuildRequest.model_validate(making.request())
    later = asked.model_copy(update={"recipe": f"{contract.RECIPE_VERSION}-later"})
    assert digests.of_plan(contract.Plan(request=asked, files={})) != digests.of_plan(
        contract.Plan(request=later, files={})
    )
