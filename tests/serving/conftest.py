"""A real Triton for the tests of this room: the development server, started with the flags of a pod."""

import pytest

import environment
from model_serving import compose
from serving import artifacts_made, processes


@pytest.fixture(scope="session")
def triton_python():
    return environment.interpreter("triton-dev")


@pytest.fixture(scope="session")
def shared(tmp_path_factory, triton_python):
    """One server for all tests that leave it as it was: its model, and where its artifact lies."""
    folder = tmp_path_factory.mktemp("shared")
    digest = artifacts_made.make(folder / "artifact")
    serving = artifacts_made.serving(digest, max_queue_delay_microseconds=20_000)
    compose.write(folder / "artifact", folder / "repository", serving)
    with processes.triton(triton_python, folder / "repository", folder / "scratch", serving) as server:
        server.artifact = folder / "artifact"
        yield server


@pytest.fixture
def served(tmp_path, triton_python):
    """Compose and serve an artifact of the test's own: `with served(batch=..., max_batch_size=...) as server`."""

    def start(*, model=None, batch="N", samples=None, address="127.0.0.1", certificates="", **how):
        digest = artifacts_made.make(tmp_path / "artifact", batch=batch, model=model, samples=samples)
        serving = artifacts_made.serving(digest, **how)
        compose.write(tmp_path / "artifact", tmp_path / "repository", serving)
        where = {"address": address, "certificates": certificates}
        return processes.triton(triton_python, tmp_path / "repository", tmp_path / "scratch", serving, **where)

    return start
