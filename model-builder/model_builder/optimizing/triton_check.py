"""Does the server that will serve load the artifact, and answer the golden requests rightly?

    <optimized>/check/<model>/config.pbtxt    composed by the very function that composes it for serving
    <optimized>/check/<model>/1/model.onnx

The folder `check` may be a mount point of the server's, made before this step began: it is emptied, never removed.
The server stands beside this container and sees the same volume as its model repository; it loads a model when told
(--model-control-mode=explicit). The check is with batch 1, as the golden requests are; the same requests, one after
another, then tell what a request takes.
"""

import dataclasses
import itertools
import shutil
import time

import tritonclient.grpc as triton

from model_builder import contract, errors, places, progress, storage
from model_builder.optimizing import latencies, tolerances, triton_asking
from model_serving import compose, settings

#: Settings need the digest of what they serve; this artifact has none before it is published.
UNNAMED = f"sha256:{'0' * 64}"
#: Seconds between two looks whether the server is up.
PAUSE = 0.5
#: Seconds that loading may take.
PATIENCE = 120
#: Requests that are timed, and the seconds after which those that were must do.
TIMED = 100
TIMED_SECONDS = 5.0


@dataclasses.dataclass(frozen=True)
class Checked:
    """A server that answers as the runtime here does."""

    version: str
    latency: contract.ServerLatency


def run(
    where: places.Places, requests: triton_asking.Arrays, expected: triton_asking.Arrays, tolerance: tolerances.Bounds
) -> Checked | None:
    """Check; None when no check is asked.

    Raises:
        RejectedError: TritonRefused.
        TransientError: TritonUnreachable.

    """
    if not where.triton:
        progress.say("optimize: no Triton check was asked for")
        return None
    signature = contract.Signature.model_validate_json((where.artifact / "signature.json").read_bytes())
    requires = contract.Requires.model_validate_json((where.artifact / "requires.json").read_bytes())
    lay_out(where, signature, requires)
    with progress.timed(f"optimize: checking with Triton at {where.triton}"):
        checked = check(where, triton_asking.Questions(signature, requests, expected, tolerance))
    shutil.rmtree(where.repository / triton_asking.MODEL)
    told = checked.latency
    progress.say(f"optimize: {told.server}, {told.backend}, answers the golden requests rightly")
    progress.say(f"optimize: p50 {told.latency.p50:g} us, p99 {told.latency.p99:g} us a request over {told.protocol}")
    return checked


def check(where: places.Places, questions: triton_asking.Questions) -> Checked:
    """Wait, load, ask, time, unload."""
    with triton.InferenceServerClient(where.triton) as client:
        await_server(client, where)
        load(client)
        triton_asking.ask(client, questions)
        checked = measure(client, questions)
        client.unload_model(triton_asking.MODEL)
    return checked


def lay_out(where: places.Places, signature: contract.Signature, requires: contract.Requires) -> None:
    """Write the repository. Copies, not links: the server may see the volume under another path."""
    serving = settings.ServingSettings(model_name=triton_asking.MODEL, artifact=UNNAMED)
    folder = where.repository / triton_asking.MODEL
    shutil.rmtree(folder, ignore_errors=True)
    text = compose.text(compose.config(signature, requires, serving))
    storage.write(folder / compose.CONFIG, text.encode())
    for file in (where.artifact / "files").iterdir():
        storage.copy(file, folder / str(compose.VERSION) / file.name)


def await_server(client: triton.InferenceServerClient, where: places.Places) -> None:
    """Wait until the server answers."""
    deadline = time.monotonic() + where.triton_timeout
    while True:
        try:
            if client.is_server_live():
                return
            words = "not live"
        except triton.InferenceServerException as error:
            words = error.message()
        if time.monotonic() > deadline:
            raise unreachable(where, words)
        time.sleep(PAUSE)


def load(client: triton.InferenceServerClient) -> None:
    """Have the model loaded; Triton says in its own words why it does not."""
    try:
        client.load_model(triton_asking.MODEL, client_timeout=PATIENCE)
    except triton.InferenceServerException as error:
        raise triton_asking.refused(f"Triton does not load the artifact: {error.message()}") from error
    if not client.is_model_ready(triton_asking.MODEL):
        raise triton_asking.refused("Triton loaded the artifact, but does not call it ready")


def measure(client: triton.InferenceServerClient, questions: triton_asking.Questions) -> Checked:
    """Time requests, one after another, and name what answered."""
    taken: list[float] = []
    deadline = time.monotonic() + TIMED_SECONDS
    for index in itertools.islice(itertools.cycle(range(questions.count)), TIMED):
        start = time.perf_counter()
        triton_asking.send(client, questions, index)
        taken.append((time.perf_counter() - start) * 1e6)
        if time.monotonic() > deadline:
            break
    server = client.get_server_metadata()
    latency = contract.ServerLatency(
        server=f"{server.name} {server.version}",
        backend=backend(client),
        latency=latencies.of(taken, 1, latencies.bins(taken)),
    )
    return Checked(str(server.version), latency)


def backend(client: triton.InferenceServerClient) -> str:
    """The backend's name and, where it is Python that stands in for it, the file that does."""
    config = client.get_model_config(triton_asking.MODEL).config
    return f"{config.backend} ({config.runtime})" if config.runtime.endswith(".py") else str(config.backend)


def unreachable(where: places.Places, words: str) -> errors.TransientError:
    """No server."""
    return errors.TransientError(
        contract.FailureReason.TRITON_UNREACHABLE,
        f"no Triton at {where.triton} within {where.triton_timeout:g} s: {words}",
        field="spec.serving.image",
        next_step="See whether the container triton of this pod started, and with which words it ended.",
    )
