"""The API server's paths into a Deployment's pods, as paths into the podTemplate that a person wrote. Pure.

spec.template.spec.containers[1].image             spec.serving.podTemplate.spec.containers[mirror].image
.spec.template.spec.containers[name="mirror"].foo  spec.serving.podTemplate.spec.containers[mirror].foo
"""

import re
from typing import Any

from model_operator import names

_PATH = re.compile(r"\.?\bspec\.template\b((?:\.[A-Za-z]+|\[[^\]]*\])*)")
_STEP = re.compile(r"\.([A-Za-z]+)|\[([^\]]*)\]")
_NAMED = re.compile(r'name="([^"]*)"')


def translated(text: str, template: dict[str, Any]) -> str:
    """A text with the paths in it translated; `template` is that of the Deployment, whose items they count."""
    return _PATH.sub(lambda found: names.POD_TEMPLATE + _steps(found[1], template), text)


def _steps(path: str, template: dict[str, Any]) -> str:
    node: Any = template
    written = ""
    for field, index in _STEP.findall(path):
        node = _child(node, field, index)
        written += f".{field}" if field else f"[{_item(node, index)}]"
    return written


def _child(node: Any, field: str, index: str) -> Any:
    """What stands there; None for what does not."""
    if field:
        return node.get(field) if isinstance(node, dict) else None
    if not isinstance(node, list):
        return None
    if index.isdecimal():
        return node[int(index)] if int(index) < len(node) else None
    named = _NAMED.search(index)
    return next((one for one in node if isinstance(one, dict) and named and one.get("name") == named[1]), None)


def _item(node: Any, index: str) -> str:
    """An item by its name where it has one."""
    name = node.get("name") if isinstance(node, dict) else None
    return name if isinstance(name, str) else index
