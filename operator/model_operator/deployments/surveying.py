"""Look at the nodes of a cluster for one server: all of them in outline, and closer at those that may have room.

Only while a server finds no place, or before a rollout that would need one more: a cluster may have thousands of nodes.
"""

import asyncio
from collections.abc import Mapping
from typing import Any

from model_operator import decisions, placing

#: Nodes whose pods are counted to say why each is full.
COUNTED = placing.TOLD
#: Nodes whose pods are counted to find one with room. Of more, nothing is said: the scheduler will tell.
SEARCHED = 50


async def survey(reader: decisions.Reader, pod: Mapping[str, Any], counted: int = COUNTED) -> placing.Survey | None:
    """The nodes, and the pods on the first few that may take a pod of this spec; None where nodes may not be read."""
    nodes = await reader.nodes()
    if nodes is None:
        return None
    near = placing.candidates(nodes, pod)[:counted]
    found = await asyncio.gather(*map(reader.pods_on, near))
    return placing.Survey(nodes, {name: pods for name, pods in zip(near, found, strict=True) if pods is not None})


async def room(reader: decisions.Reader, pod: Mapping[str, Any]) -> bool | None:
    """Whether one more server of a pod's spec would find room now; None when that cannot be told."""
    nodes = await reader.nodes()
    if nodes is None or len(placing.candidates(nodes, pod)) > SEARCHED:
        return None
    return placing.room(await survey(reader, pod, SEARCHED), pod)
