"""An operator with newer images takes over: nobody is restarted unasked, and one command takes what is new."""

import os
import subprocess
import sys

import pytest

from e2e import installing, lanes, manifests, predicting, waiting

#: It upgrades the operator.
pytestmark = lanes.ALONE

NAME = "long-lived"


def newer(reference: str) -> str:
    """Another name of the same image: a digest counts, whatever tag stands before it."""
    name, _, digest = reference.partition("@")
    return f"{name}:newer@{digest}"


@pytest.fixture(scope="module")
def running(workshop):
    """What a served model consists of, before anything is upgraded."""
    workshop.apply(manifests.model_deployment(NAME, manifests.from_config_map("small")))
    waiting.ready(workshop, NAME)
    yield everything(workshop)
    workshop.delete("mdep", NAME)


@pytest.fixture(scope="module")
def upgraded(workshop, running, images):
    """The newer images, once the operator has told of them; the former ones come back in the end."""
    chosen = {"serving": newer(images["serving"]), "triton": newer(images["triton-dev"])}
    installing.change(**{f"images.{room}": reference for room, reference in chosen.items()})
    yield waiting.condition(workshop, NAME, "UpdateAvailable", "True", seconds=60), chosen
    installing.install(images)


def test_a_newer_operator_starts_no_job_and_restarts_nobody(workshop, running, upgraded):
    found, _ = upgraded
    assert waiting.current(found)["Ready"]["status"] == "True"
    assert everything(workshop) == running
    assert predicting.mark(workshop, NAME) == 1


def test_it_says_what_is_new_and_how_to_take_it(workshop, upgraded):
    found, chosen = upgraded
    said = waiting.current(found)["UpdateAvailable"]["message"]
    assert chosen["triton"][: chosen["triton"].index("@")] in said
    assert f"modelsmith upgrade {NAME} -n {workshop.name}" in said


def test_the_command_takes_it_with_new_servers_and_no_build(workshop, running, upgraded):
    _, chosen = upgraded
    said = upgrade(NAME, "-n", workshop.name)
    assert "new servers of the same artifact, and no build" in said
    waiting.until(f"{NAME} has nothing new", lambda: not available(workshop), 60, workshop)
    found = waiting.ready(workshop, NAME)
    server = workshop.get("deployment", NAME)["spec"]["template"]["spec"]["containers"]
    assert chosen["triton"] in {container["image"] for container in server}
    assert found["status"]["servingImages"] == chosen
    assert {line for line in everything(workshop) if line.startswith("Job")} == {
        line for line in running if line.startswith("Job")
    }
    assert predicting.mark(workshop, NAME) == 1
    assert upgrade(NAME, "-n", workshop.name) == f"{NAME}: nothing is new\n"


def everything(workshop) -> set[str]:
    """Jobs of the namespace, and servers of the model with how often they began."""
    jobs = {f"Job {job['metadata']['uid']}" for job in workshop.list("jobs")}
    servers = workshop.list("pods", f"modelsmith.dev/deployment={NAME}")
    return jobs | {
        f"Pod {pod['metadata']['uid']} {state['name']} {state['restartCount']}"
        for pod in servers
        for state in (*pod["status"].get("initContainerStatuses", ()), *pod["status"]["containerStatuses"])
    }


def available(workshop) -> bool:
    """Whether it is still told."""
    return "UpdateAvailable" in waiting.conditions(workshop.get("mdep", NAME))


def upgrade(*words: str) -> str:
    """Standard output of `modelsmith upgrade`."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    command = [sys.executable, "-m", "modelsmith", "upgrade", *words]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout
