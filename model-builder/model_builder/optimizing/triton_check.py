"""Does the server that will serve load the artifact, and answer the golden requests rightly?

    <optimized>/check/<model>/config.pbtxt    composed by the very function that composes it for serving
    <optimized>/check/<model>/1/model.onnx

The folder `check` may be a mount point of the server's, made before this step began: it is emptied, never removed.
The server stands beside this container and sees the same volume as its model repository; it loads a model when told
(--model-control-mode=explicit). The check is with batch 1, as the golden requests are; the same requests, one after
another, then tell what a request takes, and many at once how many a second the server takes.
"""

import contextlib
import dataclasses
import itertools
import shutil
import time

import tritonclient.grpc as triton

from model_builder import contract, errors, places, progress, storage
from model_builder.optimizing import capacities, latencies, tolerances, triton_asking, triton_load
from model_serving import compose, settings

#: Settings need the digest of what they serve; this artifact has none before it is published.
UNNAMED = f"sha256:{'0' * 64}"
#: Threads of an execution: those of a server with the CPU that serving requests by default (types.CPU_REQUEST of the
#: operator, rounded up). Left to itself the runtime takes every core of this node, of which a server may have few.
THREADS = 1
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
    load: triton_load.Loaded
    #: Samples that one execution takes at most.
    max_batch: int

    @property
    def capacity(self) -> contract.ServerCapacity:
        """What one server can take."""
        return capacities.capacity(self.load.tried, self.max_batch, THREADS)


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
    max_batch = lay_out(where, signature, requires)
    with progress.timed(f"optimize: checking with Triton at {where.triton}"):
        checked = check(where, triton_asking.Questions(signature, requests, expected, tolerance), max_batch)
    shutil.rmtree(where.repository / triton_asking.MODEL)
    say(checked)
    return checked


def say(checked: Checked) -> None:
    """What was found out."""
    told, most = checked.latency, checked.capacity
    progress.say(f"optimize: {told.server}, {told.backend}, answers the golden requests rightly")
    progress.say(f"optimize: p50 {told.latency.p50:g} us, p99 {told.latency.p99:g} us a request over {told.protocol}")
    rate = f"{most.requests_per_second:,g} requests a second"
    progress.say(f"optimize: it takes {rate} or more, {most.concurrency} at once, {most.latency:g} us each")


def check(where: places.Places, questions: triton_asking.Questions, max_batch: int) -> Checked:
    """Wait, load, ask, time, unload. A server that died under load has nothing left to unload."""
    with triton.InferenceServerClient(where.triton) as client:
        await_server(client, where)
        load(client)
        triton_asking.ask(client, questions)
        taken = measure(client, questions)
        server = client.get_server_metadata()
        latency = contract.ServerLatency(
            server=f"{server.name} {server.version}",
            backend=backend(client),
            latency=latencies.of(taken, 1, latencies.bins(taken)),
        )
        first = capacities.load(1, len(taken), sum(taken) / 1e6)
        loaded = triton_load.climb(where.triton, questions, first, max_batch)
        with contextlib.suppress(triton.InferenceServerException):
            client.unload_model(triton_asking.MODEL)
    return Checked(str(server.version), latency, loaded, max_batch)


def lay_out(where: places.Places, signature: contract.Signature, requires: contract.Requires) -> int:
    """Write the repository; the samples that one execution takes at most.

    Copies, not links: the server may see the volume under another path.
    """
    serving = settings.ServingSettings(model_name=triton_asking.MODEL, artifact=UNNAMED, threads=THREADS)
    folder = where.repository / triton_asking.MODEL
    shutil.rmtree(folder, ignore_errors=True)
    config = compose.config(signature, requires, serving)
    storage.write(folder / compose.CONFIG, compose.text(config).encode())
    for file in (where.artifact / "files").iterdir():
        storage.copy(file, folder / str(compose.VERSION) / file.name)
    return max(1, int(config.max_batch_size))


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


def measure(client: triton.InferenceServerClient, questions: triton_asking.Questions) -> list[float]:
    """Microseconds of requests, one after another."""
    taken: list[float] = []
    deadline = time.monotonic() + TIMED_SECONDS
    for index in itertools.islice(itertools.cycle(range(questions.count)), TIMED):
        start = time.perf_counter()
        triton_asking.send(client, questions, index)
        taken.append((time.perf_counter() - start) * 1e6)
        if time.monotonic() > deadline:
            break
    return taken


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
