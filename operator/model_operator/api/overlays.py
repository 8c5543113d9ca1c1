"""What is added to a schema that types alone cannot say: by the path of a field, keywords of the API server."""

from collections.abc import Mapping
from typing import Any

#: Path in the schema ("*" is the item of a list) -> keywords added there.
Overlay = Mapping[str, Mapping[str, Any]]


def rules(*pairs: tuple[str, str]) -> dict[str, Any]:
    """CEL rules, each with the message that says what to do."""
    return {"x-kubernetes-validations": [{"rule": rule, "message": message} for rule, message in pairs]}
