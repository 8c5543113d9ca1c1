"""Does the server that will serve load the artifact, and answer the golden requests rightly?

    <optimized>/check/<model>/config.pbtxt    composed by the very function that composes it for serving
    <optimized>/check/<model>/1/model.onnx

The folder `check` may be a mount point of the server's, made before this step began: it is emptied, never removed.
The server stands beside this container and sees the same volume as its model repository; it loads a model when told
(--model-control-mode=explicit). The check is with batch 1, as the golden requests are.
"""

import shutil
import time
from collections.abc import Mapping

import tritonclient.grpc as triton

from model_builder import arrays, contract, errors, places, progress, storage
from model_builder.optimizing import parity
from model_serving import compose, datatypes, settings

MODEL = "modelsmith-check"
#: Settings need the digest of what they serve; this artifact has none before it is published.
UNNAMED = f"sha256:{'0' * 64}"
#: Seconds between two looks whether the server is up.
PAUSE = 0.5
#: Seconds that loading, and one request, may take.
PATIENCE = 120


def run(where: places.Places, requests: Mapping[str, arrays.Array], expected: Mapping[str, arrays.Array]) -> str | None:
    """Check; the server's version, None when no check is asked.

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
        version = check(where, signature, requests, expected)
    shutil.rmtree(where.repository / MODEL)
    progress.say(f"optimize: Triton {version} answers the golden requests rightly")
    return version


def check(
    where: places.Places,
    signature: contract.Signature,
    requests: Mapping[str, arrays.Array],
    expected: Mapping[str, arrays.Array],
) -> str:
    """Wait, load, ask, unload; the server's version."""
    with triton.InferenceServerClient(where.triton) as client:
        version = await_server(client, where)
        load(client)
        ask(client, signature, requests, expected)
        client.unload_model(MODEL)
    return version


def lay_out(where: places.Places, signature: contract.Signature, requires: contract.Requires) -> None:
    """Write the repository. Copies, not links: the server may see the volume under another path."""
    serving = settings.ServingSettings(model_name=MODEL, artifact=UNNAMED)
    folder = where.repository / MODEL
    shutil.rmtree(folder, ignore_errors=True)
    text = compose.text(compose.config(signature, requires, serving))
    storage.write(folder / compose.CONFIG, text.encode())
    for file in (where.artifact / "files").iterdir():
        storage.copy(file, folder / str(compose.VERSION) / file.name)


def await_server(client: triton.InferenceServerClient, where: places.Places) -> str:
    """Wait until the server answers; its version."""
    deadline = time.monotonic() + where.triton_timeout
    while True:
        try:
            if client.is_server_live():
                return str(client.get_server_metadata().version)
            words = "not live"
        except triton.InferenceServerException as error:
            words = error.message()
        if time.monotonic() > deadline:
            raise unreachable(where, words)
        time.sleep(PAUSE)


def load(client: triton.InferenceServerClient) -> None:
    """Have the model loaded; Triton says in its own words why it does not."""
    try:
        client.load_model(MODEL, client_timeout=PATIENCE)
    except triton.InferenceServerException as error:
        raise refused(f"Triton does not load the artifact: {error.message()}") from error
    if not client.is_model_ready(MODEL):
        raise refused("Triton loaded the artifact, but does not call it ready")


def ask(
    client: triton.InferenceServerClient,
    signature: contract.Signature,
    requests: Mapping[str, arrays.Array],
    expected: Mapping[str, arrays.Array],
) -> None:
    """Send each golden request and compare."""
    count = len(next(iter(requests.values())))
    for index in range(count):
        feeds = [feed(tensor, requests[tensor.name][index], signature) for tensor in signature.inputs]
        wanted = [triton.InferRequestedOutput(tensor.name) for tensor in signature.outputs]
        try:
            answer = client.infer(MODEL, feeds, outputs=wanted, client_timeout=PATIENCE)
        except triton.InferenceServerException as error:
            raise refused(f"Triton does not answer golden request {index}: {error.message()}") from error
        for tensor in signature.outputs:
            compare(tensor.name, index, answer.as_numpy(tensor.name), expected[tensor.name][index])


def feed(tensor: contract.Tensor, array: arrays.Array, signature: contract.Signature) -> triton.InferInput:
    """One input of a request. One value a sample travels as [batch, 1]: Triton knows no empty shape."""
    sent = array.reshape(-1, 1) if signature.batchable and array.ndim == 1 else array
    made = triton.InferInput(tensor.name, list(sent.shape), datatypes.TRITON[tensor.dtype])
    made.set_data_from_numpy(sent)
    return made


def compare(name: str, index: int, answer: arrays.Array | None, right: arrays.Array) -> None:
    """The server computes what the runtime computed here."""
    if answer is None:
        raise refused(f"Triton's answer to golden request {index} lacks the output {name}")
    if answer.size == right.size:
        answer = answer.reshape(right.shape)
    subject = f"Triton answers golden request {index} with {name}"
    if answer.shape != right.shape:
        raise refused(f"{subject} of shape {list(answer.shape)}, not {list(right.shape)}")
    if not parity.equal(answer, right):
        raise refused(f"{subject} off by up to {parity.error(answer, right):.3g}")


def refused(words: str) -> errors.RejectedError:
    """The server does not do with the artifact what it must."""
    return errors.RejectedError(
        contract.FailureReason.TRITON_REFUSED,
        words,
        field="spec.serving.image",
        next_step="See the log of the container triton; a newer server image may know the operator.",
    )


def unreachable(where: places.Places, words: str) -> errors.TransientError:
    """No server."""
    return errors.TransientError(
        contract.FailureReason.TRITON_UNREACHABLE,
        f"no Triton at {where.triton} within {where.triton_timeout:g} s: {words}",
        field="spec.serving.image",
        next_step="See whether the container triton of this pod started, and with which words it ended.",
    )
