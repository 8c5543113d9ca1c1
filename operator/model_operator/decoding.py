"""From an answer's bytes to objects. Pure.

Half of an object is managedFields, and making Python objects of it is most of what a LIST of thousands costs. It is
cut out of the bytes before: an array of objects in which no other array stands, so it ends with the first `}]`. Only
within a string may that stand too; what is cut there is no JSON any more, and is read whole.
"""

import pydantic_core

_MANAGED = b'"managedFields":['
_END = b"}]"


def answer(content: bytes | str) -> object:
    """JSON, or the text as it is: a proxy in between answers in HTML."""
    try:
        found: object = pydantic_core.from_json(content, cache_strings="keys")
    except ValueError:
        return content.decode(errors="replace") if isinstance(content, bytes) else content
    return found


def page(content: bytes) -> object:
    """A page of a LIST, its objects without managedFields."""
    try:
        found: object = pydantic_core.from_json(_without_managed(content), cache_strings="all")
    except ValueError:
        return answer(content)
    return found


def _without_managed(content: bytes) -> bytes:
    """With empty lists in their place. ValueError when one has no end."""
    first, *others = content.split(_MANAGED)
    return _MANAGED.join((first, *(one if one.startswith(b"]") else one[one.index(_END) + 1 :] for one in others)))
