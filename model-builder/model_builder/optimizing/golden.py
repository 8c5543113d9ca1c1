"""golden.npz: requests and the answers that the artifact gives, for every later question whether it still does."""

from pathlib import Path

from model_builder import arrays, contract, running
from model_builder.optimizing import runtime


def ask(session: runtime.Session, requests: dict[str, arrays.Array]) -> dict[str, arrays.Array]:
    """Output name -> (requests, *whole output), from the artifact itself."""
    return dict(zip(session.outputs, running.over_requests(session.call, requests), strict=True))


def write(path: Path, requests: dict[str, arrays.Array], answers: dict[str, arrays.Array]) -> None:
    """Requests and answers as one file."""
    arrays.save(
        path,
        {
            **{f"{contract.GOLDEN_INPUT}{name}": array for name, array in requests.items()},
            **{f"{contract.GOLDEN_OUTPUT}{name}": array for name, array in answers.items()},
        },
    )
