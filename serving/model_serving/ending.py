"""The last words of a container that fails: what the operator, and whoever describes the pod, will read."""

import json
import sys
from pathlib import Path

from model_builder import contract

#: One code for every failure; the reason stands in the termination message.
FAILED = 1


def tell(log: Path, reason: str, message: str) -> int:
    """Write `{"reason", "message"}` to the termination log and a line to stderr; FAILED, to end with.

    A log that cannot be written must not hide the reason.
    """
    sys.stderr.write(f"{reason}: {message}\n")
    # A character may take 6 bytes in JSON: cut so that the message stays whole JSON within Kubernetes' limit.
    words = json.dumps({"reason": reason, "message": message[: contract.TERMINATION_MESSAGE_LIMIT // 8]})
    try:
        log.write_text(words)
    except OSError as error:
        sys.stderr.write(f"cannot write {log}: {error.strerror}\n")
    return FAILED
