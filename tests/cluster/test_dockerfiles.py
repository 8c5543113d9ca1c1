"""An image is built again exactly when one of its inputs changed."""

import pytest

from cluster import dockerfiles, errors, images

TEXT = """\
# FROM commented AS out
ARG BASE_IMAGE=debian
FROM ${BASE_IMAGE} AS base
FROM base AS operator
COPY --chown=1:1 requirements/operator.txt operator/model_operator/ \\
     /opt/
COPY --from=base /etc/passwd /etc/passwd
from base as serving
copy serving/ /opt/serving/
FROM base
"""


@pytest.fixture
def context(tmp_path):
    for name in ("operator/model_operator/a.py", "serving/b.py", "requirements/operator.txt", "docs/c.md"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    (tmp_path / "Dockerfile").write_text(TEXT)
    return tmp_path


def test_targets_are_the_named_stages_that_nothing_builds_on():
    assert dockerfiles.targets(TEXT) == ["operator", "serving"]


def test_sources_are_what_comes_from_the_context():
    assert dockerfiles.sources(TEXT) == ["operator/model_operator/", "requirements/operator.txt", "serving/"]


@pytest.mark.parametrize(
    ("name", "differs"),
    [
        ("operator/model_operator/a.py", True),
        ("serving/new.py", True),
        ("Dockerfile", True),
        (".dockerignore", True),
        ("docs/c.md", False),
        ("operator/tests.py", False),
    ],
)
def test_the_tag_follows_the_inputs(context, name, differs):
    before = dockerfiles.digest(context / "Dockerfile", "base")
    with (context / name).open("a") as file:
        file.write("# more\n")
    assert (dockerfiles.digest(context / "Dockerfile", "base") != before) is differs


def test_the_tag_follows_the_base(context):
    dockerfile = context / "Dockerfile"
    assert dockerfiles.digest(dockerfile, "one") != dockerfiles.digest(dockerfile, "two")


def test_a_missing_dockerfile_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(images.preflight, "require_machine", lambda: None)
    with pytest.raises(errors.ImagesError, match="--file"):
        images.images(images.Choice(tmp_path / "Dockerfile"))
