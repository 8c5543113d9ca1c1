"""Names of parameters and options that would change which code runs: refused.

Creating a ModelDeployment may not run code in the server that the cluster's owner did not put there. Triton's Python
backend takes an environment from EXECUTION_ENV_PATH, its scheduler a batching strategy from TRITON_BATCH_STRATEGY_PATH,
TensorRT plugins from trt_extra_plugin_lib_paths: whatever names a file is shut, so that a later one is, too.
"""

import re
from collections.abc import Iterable
from typing import Annotated

from pydantic import Field

from model_serving.model_config import messages

Options = Annotated[dict[str, messages.Text], Field(max_length=32)]
#: A name that can be read, and does not name a file or a library. Lower case is meant.
CODE = "path|library|plugin|_lib|file"
#: The names that there are: no spaces, no control characters.
NAME = r"^[A-Za-z0-9_.-]{1,128}$"
WAY_OUT = (
    "names a file or a library, which would change the code that runs in the server: drop it, and bring code with"
    " spec.serving.image"
)


def refuse_code(names: Iterable[str]) -> None:
    """Raise ValueError for the first name that may not be."""
    for name in names:
        if not re.search(NAME.replace("$", r"\Z"), name):
            message = f"the name {name[:64]!r} has other characters than letters, digits, '_', '.' and '-'"
            raise ValueError(message)
        if re.search(CODE, name.lower()):
            message = f"{name} {WAY_OUT}"
            raise ValueError(message)
