"""Loads on the server of the check, to see how many requests a second it can take.

    golden requests, as bytes ─► 2, 4, 8, ... clients that each ask again once answered ─► contract.ServerLoad of each

THE FIGURES ARE LOWER BOUNDS: the clients share the CPUs of this pod or machine with the server, and all requests come
over one connection. So that they take little from the server, requests are serialized once, and answers are not read:
what the server answers was compared before. A server that fails under load ends this, never the build: what it is given
beside a build says nothing about what it is given to serve.
"""

import asyncio
import dataclasses
import itertools
import time
from collections.abc import Awaitable, Callable, Sequence

import grpc  # type: ignore[import-untyped]
from tritonclient.grpc import service_pb2

from model_builder import contract, progress
from model_builder.optimizing import capacities, triton_asking

#: ModelInfer of the protocol that all such servers speak (Open Inference Protocol, grpc_predict_v2.proto).
METHOD = "/inference.GRPCInferenceService/ModelInfer"
#: As tritonclient itself: tensors may be large.
UNLIMITED = [("grpc.max_send_message_length", -1), ("grpc.max_receive_message_length", -1)]
#: Seconds in which one load must be over: a server that answers nothing must not hold up the build.
PATIENCE = capacities.PATIENCE + 1

Ask = Callable[[], Awaitable[bytes]]


@dataclasses.dataclass(frozen=True)
class Loaded:
    """What the server did under each load, and how it failed under the last, in words; empty if it did not."""

    tried: Sequence[contract.ServerLoad]
    failure: str = ""


def climb(address: str, questions: triton_asking.Questions, first: contract.ServerLoad, max_batch: int) -> Loaded:
    """Load the server more and more, beginning after `first`: what it did when asked one after another."""
    bodies = [body(questions, index) for index in range(questions.count)]
    loaded = asyncio.run(ascend(address, bodies, first, max_batch))
    if loaded.failure:
        progress.say(f"optimize: {loaded.failure}")
    return loaded


def body(questions: triton_asking.Questions, index: int) -> bytes:
    """One golden request as it travels."""
    request = service_pb2.ModelInferRequest(model_name=triton_asking.MODEL)
    for tensor in questions.signature.inputs:
        array = questions.requests[tensor.name][index]
        feed = triton_asking.feed(tensor, array, questions.signature)
        request.inputs.add(name=feed.name(), datatype=feed.datatype(), shape=feed.shape())
        request.raw_input_contents.append(array.tobytes())
    for tensor in questions.signature.outputs:
        request.outputs.add(name=tensor.name)
    serialized: bytes = request.SerializeToString()
    return serialized


async def ascend(address: str, bodies: Sequence[bytes], first: contract.ServerLoad, max_batch: int) -> Loaded:
    """One load after another, until enough is known."""
    tried, endless, deadline = [first], itertools.cycle(bodies), time.monotonic() + capacities.PATIENCE
    async with grpc.aio.insecure_channel(address, options=UNLIMITED) as channel:
        call = channel.unary_unary(METHOD)
        while count := capacities.following(tried, max_batch, deadline - time.monotonic()):
            try:
                async with asyncio.timeout(PATIENCE):
                    tried.append(await hold(lambda: call(next(endless)), count))
            except (grpc.RpcError, TimeoutError) as error:
                return Loaded(tried, f"the server failed under {count} requests at once: {words(error)}")
    return Loaded(tried)


async def hold(ask: Ask, count: int) -> contract.ServerLoad:
    """Keep so many requests under way for a while. Before it each client asks once: batches of a new size cost more."""
    await asyncio.gather(*(ask() for _ in range(count)))
    start = time.perf_counter()
    answered = await asyncio.gather(*(insist(ask, start + capacities.WINDOW) for _ in range(count)))
    return capacities.load(count, sum(answered), time.perf_counter() - start)


async def insist(ask: Ask, end: float) -> int:
    """One client: ask again once answered; how often it was."""
    answered = 0
    while time.perf_counter() < end:
        await ask()
        answered += 1
    return answered


def words(error: Exception) -> str:
    """What went wrong."""
    if isinstance(error, grpc.aio.AioRpcError):
        return str(error.details() or error.code().name)
    return f"no answer within {PATIENCE:g} s"
