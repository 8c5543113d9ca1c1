"""Words of a regular expression: the shortest, one of each length up to the longest, and some that it refuses."""

import functools
import math
import re
import re._constants as constants
import re._parser as parser
from collections.abc import Iterator
from typing import Any

#: Tried in this order for a set of characters.
_ALPHABET = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:"
#: What hardly any field of ours takes.
_STRANGE = ("", " ", "-", "a b", "../a", "a\nb", "ä", "a:", "/a", "A!", "a\u00a0b", "\N{GRINNING FACE}")


@functools.cache
def word(pattern: str, length: int = 0) -> str:
    """The shortest word of a pattern, or where it can be longer, the first that has this length or more."""
    words = [_written(pattern, repeats) for repeats in (0, 1, 2)]
    for one in words:
        if len(one) >= length:
            return one
    grows = len(words[2]) - len(words[1])
    return _written(pattern, 1 + math.ceil((length - len(words[1])) / grows)) if grows > 0 else words[2]


def _written(pattern: str, repeats: int) -> str:
    return "".join(_Writer(repeats).write(parser.parse(pattern)))


def refused(pattern: str) -> list[str]:
    """Strange words that a pattern refuses."""
    return [one for one in _STRANGE if not re.search(_strict(pattern), one)]


def matches(pattern: str, text: str) -> bool:
    """Whether a pattern takes a text. Its `$` means the very end, as in Go and Rust."""
    return re.search(_strict(pattern), text) is not None


def _strict(pattern: str) -> str:
    return re.sub(r"\$$", r"\\Z", pattern)


class _Writer:
    """Writes one word: the first repetition without an end is done `repeats` times, all others as seldom as allowed."""

    def __init__(self, repeats: int) -> None:
        self.repeats = repeats

    def write(self, parsed: Any) -> Iterator[str]:
        for operation, argument in parsed:
            yield from self._one(operation, argument)

    def _one(self, operation: Any, argument: Any) -> Iterator[str]:
        if operation is constants.LITERAL:
            yield chr(argument)
        elif operation is constants.ANY:
            yield _ALPHABET[0]
        elif operation is constants.IN:
            yield _member(argument)
        elif operation is constants.SUBPATTERN:
            yield from self.write(argument[-1])
        elif operation is constants.BRANCH:
            yield from self.write(argument[1][0])
        elif operation in (constants.MAX_REPEAT, constants.MIN_REPEAT):
            yield from self._repeated(*argument)
        elif operation is not constants.AT:
            message = f"no word is known for {operation}"
            raise NotImplementedError(message)

    def _repeated(self, least: int, most: int, inner: Any) -> Iterator[str]:
        times = least
        if self.repeats and most is constants.MAXREPEAT:
            times, self.repeats = max(least, self.repeats), 0
        elif self.repeats and most == 1 and _endless(inner):
            times = 1
        elif self.repeats and most > least:
            times = min(most, max(least, self.repeats))
            self.repeats = max(0, self.repeats - most)
        for _ in range(times):
            yield from self.write(inner)


def _endless(parsed: Any) -> bool:
    return "MAXREPEAT" in repr(list(parsed)) or "MAX_REPEAT" in repr(list(parsed))


def _member(characters: Any) -> str:
    """The first letter that a set of characters takes."""
    found = re.compile(_set(characters))
    return next(letter for letter in _ALPHABET if found.fullmatch(letter))


def _set(characters: Any) -> str:
    """A set of characters, written down again."""
    result = ""
    for operation, argument in characters:
        if operation is constants.NEGATE:
            result += "^"
        elif operation is constants.LITERAL:
            result += re.escape(chr(argument))
        elif operation is constants.RANGE:
            result += f"{re.escape(chr(argument[0]))}-{re.escape(chr(argument[1]))}"
        elif operation is constants.CATEGORY:
            result += {constants.CATEGORY_SPACE: r"\s", constants.CATEGORY_DIGIT: r"\d"}[argument]
    return f"[{result}]"
