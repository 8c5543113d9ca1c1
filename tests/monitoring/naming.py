"""Which metrics an expression names, and which there are.

`missing` is for tests with a live Prometheus or a live scrape, too: give it the names that were really there.
"""

import re

_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
_LABELS = re.compile(r"\{[^}]*\}")
_GROUPING = re.compile(r"\b(?:by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)")
#: Durations in brackets, and after offset.
_DURATION = re.compile(r"\[[^\]]*\]|\boffset\s+\S+")
_NAME = re.compile(r"(?<![\w:.])([a-zA-Z_:][\w:]*)\b(?!\s*\()")
_WORDS = {"and", "or", "unless", "bool", "group_left", "group_right", "inf", "nan"}
#: What of a histogram or a summary is scraped by other names than its family's.
_SUFFIX = re.compile(r"_(?:bucket|sum|count)$")
#: Written by Prometheus itself.
OF_PROMETHEUS = {"ALERTS", "up"}


def named(expression):
    """Metrics that a PromQL expression asks for."""
    for pattern in (_STRING, _LABELS, _GROUPING, _DURATION):
        expression = pattern.sub(" ", expression)
    return {name for name in _NAME.findall(expression) if name.lower() not in _WORDS}


def scraped(text):
    """Families of a scrape in Prometheus' text format."""
    return {line.split()[2] for line in text.splitlines() if line.startswith("# TYPE ")}


def documented(page):
    """Metrics that a page of the documentation names in code."""
    return set(re.findall(r"`(modelsmith_\w+?)(?:\{[^`]*\})?`", page))


def missing(expressions, known):
    """Names in expressions that are neither known, nor a part of a known histogram."""
    names = set().union(*map(named, expressions))
    return {name for name in names - OF_PROMETHEUS if not {name, _SUFFIX.sub("", name)} & set(known)}
