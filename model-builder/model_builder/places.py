"""Where everything lies: the mounts, and the files that one step leaves for the next.

    source ─► fetched ─► converted ─► optimized ─► store

Each of the three in the middle is a volume that only the step of that name can write: what the model's code
does in convert cannot change what fetch resolved, nor what optimize measured.
"""

import dataclasses
from pathlib import Path


@dataclasses.dataclass(frozen=True)
class Places:
    """The mounts as this container sees them."""

    request: Path
    source: Path
    #: A folder, or `oci://` and a repository.
    store: str
    fetched: Path
    converted: Path
    optimized: Path
    termination_log: Path
    #: host:port of the gRPC endpoint of the server beside optimize; empty asks for no check.
    triton: str
    #: Seconds to wait for that server.
    triton_timeout: float
    #: Of a repository: speak HTTP without TLS.
    plain_http: bool = False

    @property
    def files(self) -> Path:
        """The copy that fetch made of every file that takes part."""
        return self.fetched / "files"

    @property
    def resolution(self) -> Path:
        """The answer of fetch, a contract.Resolution."""
        return self.fetched / "resolution.json"

    @property
    def graph(self) -> Path:
        """The float ONNX graph that convert leaves."""
        return self.converted / "model.onnx"

    @property
    def original_golden(self) -> Path:
        """The original model's outputs for the golden requests, (requests, *output) each."""
        return self.converted / "original" / "golden.npz"

    @property
    def original_evaluation(self) -> Path:
        """The original model's outputs for the evaluation set, (rows, *output) each."""
        return self.converted / "original" / "evaluation.npz"

    @property
    def candidates(self) -> Path:
        """A folder for each candidate's files."""
        return self.optimized / "candidates"

    @property
    def artifact(self) -> Path:
        """What publish publishes, all but the manifest."""
        return self.optimized / "artifact"

    @property
    def repository(self) -> Path:
        """The model repository of the server beside optimize."""
        return self.optimized / "check"
