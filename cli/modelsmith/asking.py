"""A Triton server, over HTTP or gRPC, with its errors in words."""

import abc
import contextlib
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import tritonclient.utils

from modelsmith import errors, samples

Array = np.ndarray[Any, Any]
HTTP = "localhost:8000"
GRPC = "localhost:8001"


@contextlib.contextmanager
def connect(url: str | None, *, grpc: bool, timeout: float) -> Iterator["Server"]:
    """A server; whatever goes wrong inside becomes a SaidError."""
    address = (url or (GRPC if grpc else HTTP)).removeprefix("http://").rstrip("/")
    server: Server = _Grpc(address, timeout) if grpc else _Http(address, timeout)
    try:
        yield server
    except (OSError, EOFError) as error:
        raise _unreachable(address, str(error)) from error
    except tritonclient.utils.InferenceServerException as error:
        raise _refused(address, server, error) from error
    finally:
        server.client.close()


class Server(abc.ABC):
    """What both ways to speak have in common."""

    client: Any
    library: Any
    address: str

    def inputs(self, model: str) -> list[samples.Wanted]:
        """What a model wants."""
        metadata = self._metadata(model)
        return [
            samples.Wanted(
                tensor["name"],
                np.dtype(tritonclient.utils.triton_to_np_dtype(tensor["datatype"])).name,
                tuple(int(size) for size in tensor["shape"]),
            )
            for tensor in metadata["inputs"]
        ]

    def infer(self, model: str, inputs: Mapping[str, Array]) -> dict[str, Array]:
        """Ask for all outputs."""
        tensors = [self._tensor(name, array) for name, array in inputs.items()]
        answer = self.client.infer(model, tensors, **self._limits())
        return {name: answer.as_numpy(name) for name in self._names(answer.get_response())}

    def models(self) -> list[str]:
        """Names in its repository, with the reason of those that are not ready."""
        return [
            name if state == "READY" else f"{name} (not ready: {reason or state or 'never loaded'})"
            for name, state, reason in self._index()
        ]

    def _tensor(self, name: str, array: Array) -> Any:
        datatype = tritonclient.utils.np_to_triton_dtype(array.dtype)
        tensor = self.library.InferInput(name, list(array.shape), datatype)
        tensor.set_data_from_numpy(array)
        return tensor

    @abc.abstractmethod
    def _index(self) -> list[tuple[str, str, str]]: ...

    @abc.abstractmethod
    def _metadata(self, model: str) -> dict[str, Any]: ...

    @abc.abstractmethod
    def _limits(self) -> dict[str, Any]: ...

    @abc.abstractmethod
    def _names(self, response: Any) -> list[str]: ...


class _Http(Server):
    def __init__(self, address: str, timeout: float) -> None:
        import tritonclient.http

        self.address, self.library = address, tritonclient.http
        self.client = tritonclient.http.InferenceServerClient(
            address, connection_timeout=timeout, network_timeout=timeout
        )

    def _index(self) -> list[tuple[str, str, str]]:
        models = self.client.get_model_repository_index()
        return [(model["name"], model.get("state", ""), model.get("reason", "")) for model in models]

    def _metadata(self, model: str) -> dict[str, Any]:
        metadata: dict[str, Any] = self.client.get_model_metadata(model)
        return metadata

    def _limits(self) -> dict[str, Any]:
        return {}

    def _names(self, response: Any) -> list[str]:
        return [output["name"] for output in response["outputs"]]


class _Grpc(Server):
    def __init__(self, address: str, timeout: float) -> None:
        import tritonclient.grpc

        self.address, self.library, self.timeout = address, tritonclient.grpc, timeout
        self.client = tritonclient.grpc.InferenceServerClient(address)

    def _index(self) -> list[tuple[str, str, str]]:
        models = self.client.get_model_repository_index(client_timeout=self.timeout).models
        return [(model.name, model.state, model.reason) for model in models]

    def _metadata(self, model: str) -> dict[str, Any]:
        metadata: dict[str, Any] = self.client.get_model_metadata(model, as_json=True, client_timeout=self.timeout)
        return metadata

    def _limits(self) -> dict[str, Any]:
        return {"client_timeout": self.timeout}

    def _names(self, response: Any) -> list[str]:
        return [output.name for output in response.outputs]


def _unreachable(address: str, words: str) -> errors.SaidError:
    return errors.SaidError(
        f"no server answers at {address}: {words}\n"
        "Is the address right? To a model in a cluster, in another shell: kubectl port-forward service/NAME 8000 8001"
    )


def _refused(address: str, server: Server, error: Any) -> errors.SaidError:
    """GRPC says both "nobody there" and "no such model" by exceptions of one type."""
    words = error.message()
    if error.status() in ("StatusCode.UNAVAILABLE", "StatusCode.DEADLINE_EXCEEDED"):
        return _unreachable(address, words)
    if "unknown model" in words:
        with contextlib.suppress(Exception):
            return errors.SaidError(f"{words}\nThe server at {address} has: {', '.join(server.models()) or 'no model'}")
    if "<html" in words.lower():
        return errors.SaidError(f"what answers at {address} is not Triton: it speaks HTML")
    return errors.SaidError(f"the server at {address} refuses: {words}")
