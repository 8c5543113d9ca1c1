"""Kubernetes quantities as numbers, and as the API server spells them.

The API server keeps quantities of its own kinds in canonical form (`1000m` becomes `1`): a desired object that spells
them otherwise would differ from the live one forever.
"""

import decimal
import math
import re
from collections.abc import Mapping

_BINARY = {"Ki": 1024, "Mi": 1024**2, "Gi": 1024**3, "Ti": 1024**4, "Pi": 1024**5, "Ei": 1024**6}
_DECIMAL = {
    "m": decimal.Decimal("0.001"),
    "": decimal.Decimal(1),
    "k": decimal.Decimal(10**3),
    "M": decimal.Decimal(10**6),
    "G": decimal.Decimal(10**9),
    "T": decimal.Decimal(10**12),
    "P": decimal.Decimal(10**15),
    "E": decimal.Decimal(10**18),
}
_CONTEXT = decimal.Context(prec=60)
#: What our own fields leave out, and other objects of a cluster may say: signs, exponents, small parts.
_ANY = re.compile(r"([+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+))([numkMGTPE]|[KMGTPE]i|[eE][+-]?[0-9]{1,2})?", re.ASCII)
_PARTS = {
    **_DECIMAL,
    **{name: decimal.Decimal(factor) for name, factor in _BINARY.items()},
    "n": decimal.Decimal("1e-9"),
    "u": decimal.Decimal("1e-6"),
}


def value(quantity: int | str) -> decimal.Decimal:
    """The number that a quantity means. ValueError for what is none."""
    number, suffix = _split(str(quantity))
    factor = decimal.Decimal(_BINARY[suffix]) if suffix in _BINARY else _DECIMAL[suffix]
    return _CONTEXT.multiply(decimal.Decimal(number), factor)


def amount(quantity: object) -> decimal.Decimal:
    """The number that any quantity of a cluster means, whoever wrote it. ValueError for what is none."""
    match = _ANY.fullmatch(str(quantity))
    if match is None or isinstance(quantity, bool):
        message = f"not a quantity: {quantity!r}"
        raise ValueError(message)
    number, suffix = match[1], match[2] or ""
    if suffix in _PARTS:
        return _CONTEXT.multiply(decimal.Decimal(number), _PARTS[suffix])
    return decimal.Decimal(f"{number}{suffix}")


def canonical(quantity: int | str) -> str:
    """As the API server spells it: no fraction, and the largest suffix of the same family that keeps it whole."""
    amount = value(quantity)
    suffix = _split(str(quantity))[1]
    if suffix in _BINARY and amount >= 1024:  # noqa: PLR2004 - below, Kubernetes too counts in ones
        return _largest(math.ceil(amount), {"": 1, **_BINARY})
    thousandths = math.ceil(_CONTEXT.multiply(amount, decimal.Decimal(1000)))
    return _largest(thousandths, {name: int(factor * 1000) for name, factor in _DECIMAL.items()})


def whole(number: decimal.Decimal) -> str:
    """Bytes as a quantity, rounded up."""
    return canonical(f"{math.ceil(number / 1024)}Ki") if number % 1024 == 0 else canonical(math.ceil(number))


def canonical_all(quantities: Mapping[str, int | str]) -> dict[str, str]:
    """Every one of a list of resources."""
    return {name: canonical(quantity) for name, quantity in quantities.items()}


def _split(quantity: str) -> tuple[str, str]:
    number = quantity.rstrip("".join({*_BINARY, *_DECIMAL}))
    suffix = quantity[len(number) :]
    if not number or not number.replace(".", "", 1).isdigit() or suffix not in {*_BINARY, *_DECIMAL}:
        message = f"not a quantity: {quantity!r}"
        raise ValueError(message)
    return number, suffix


def _largest(amount: int, factors: Mapping[str, int]) -> str:
    if not amount:
        return "0"
    name, factor = max(((name, factor) for name, factor in factors.items() if amount % factor == 0), key=lambda x: x[1])
    return f"{amount // factor}{name}"


def human(size: int) -> str:
    """Bytes for a person, as file managers and registries count them: `369 kB`."""
    amount, units = float(min(max(size, 0), 10**18)), ("B", "kB", "MB", "GB", "TB")
    for unit in units:
        if amount < 999.5 or unit == units[-1]:  # noqa: PLR2004 - 999.5 would be printed as 1000
            digits = 0 if unit == "B" or amount >= 100 else 1  # noqa: PLR2004 - three digits are enough
            return f"{amount:.{digits}f} {unit}"
        amount /= 1000
    raise AssertionError
