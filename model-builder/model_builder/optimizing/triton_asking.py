"""The golden requests, sent to a server over gRPC, and its answers held against those of the runtime here."""

import dataclasses
from collections.abc import Mapping

import tritonclient.grpc as triton

from model_builder import arrays, contract, errors
from model_builder.optimizing import parity, tolerances
from model_serving import datatypes

MODEL = "modelsmith-check"
#: Seconds that one request may take.
PATIENCE = 120

Arrays = Mapping[str, arrays.Array]


@dataclasses.dataclass(frozen=True)
class Questions:
    """What it is asked, and what is right."""

    signature: contract.Signature
    #: Tensor name -> (requests, *whole tensor).
    requests: Arrays
    expected: Arrays
    tolerance: tolerances.Bounds

    @property
    def count(self) -> int:
        """Requests."""
        return len(next(iter(self.requests.values())))


def ask(client: triton.InferenceServerClient, questions: Questions) -> None:
    """Send each golden request and compare."""
    for index in range(questions.count):
        answer = send(client, questions, index)
        for tensor in questions.signature.outputs:
            right, bound = questions.expected[tensor.name][index], questions.tolerance[tensor.name]
            compare(f"golden request {index}", tensor.name, answer.as_numpy(tensor.name), right, bound)


def send(client: triton.InferenceServerClient, questions: Questions, index: int) -> triton.InferResult:
    """One golden request; the answer."""
    signature = questions.signature
    feeds = [feed(tensor, questions.requests[tensor.name][index], signature) for tensor in signature.inputs]
    wanted = [triton.InferRequestedOutput(tensor.name) for tensor in signature.outputs]
    try:
        return client.infer(MODEL, feeds, outputs=wanted, client_timeout=PATIENCE)
    except triton.InferenceServerException as error:
        raise refused(f"Triton does not answer golden request {index}: {error.message()}") from error


def feed(tensor: contract.Tensor, array: arrays.Array, signature: contract.Signature) -> triton.InferInput:
    """One input of a request. One value a sample travels as [batch, 1]: Triton knows no empty shape."""
    sent = array.reshape(-1, 1) if signature.batchable and array.ndim == 1 else array
    made = triton.InferInput(tensor.name, list(sent.shape), datatypes.TRITON[tensor.dtype])
    made.set_data_from_numpy(sent)
    return made


def compare(request: str, output: str, answer: arrays.Array | None, right: arrays.Array, bound: parity.Bound) -> None:
    """The server computes what the runtime computed here."""
    if answer is None:
        raise refused(f"Triton's answer to {request} lacks the output {output}")
    if answer.size == right.size:
        answer = answer.reshape(right.shape)
    subject = f"Triton answers {request} with {output}"
    if answer.shape != right.shape:
        raise refused(f"{subject} of shape {list(answer.shape)}, not {list(right.shape)}")
    if not parity.equal(answer, right, bound):
        allowed = f"allowed is {bound[0]:.2g} absolute plus {bound[1]:.2g} relative"
        raise refused(f"{subject} off by up to {parity.error(answer, right):.3g}; {allowed}")


def refused(words: str) -> errors.RejectedError:
    """The server does not do with the artifact what it must."""
    return errors.RejectedError(
        contract.FailureReason.TRITON_REFUSED,
        words,
        field="spec.serving.image",
        next_step="See the log of the container triton; a newer server image may know the operator.",
    )
