"""How servers that are ready do, for good: their sentinels are asked in turn, and never many at once.

A server that answers wrongly after it was ready stays in rotation (the sentinel says why), and nothing in the cluster
tells of it. So the servers of each ModelDeployment are asked, three of them, one ModelDeployment after another; a round
takes a minute at the least. What is heard the reader remembers. Only another verdict wakes anybody.
"""

import asyncio
from collections.abc import Callable

from model_operator import caching, kinds, names, reading
from model_operator.deployments import drifting, sentinels, servers

#: Seconds that a round takes at the least, and those between two ModelDeployments of a long one.
ROUND, PACE = 60.0, 0.05


class Poller:
    """Asks for ever."""

    def __init__(self, caches: caching.Caches, reader: reading.Reader, wake: Callable[[kinds.Key], None]) -> None:
        """Take where servers are found, who asks and remembers, and whom to tell."""
        self._caches = caches
        self._reader = reader
        self._wake = wake

    async def run(self) -> None:
        """Round after round."""
        while True:
            keys = list(self._caches.keys(kinds.MODEL_DEPLOYMENT))
            pace = max(PACE, ROUND / max(1, len(keys)))
            present: set[str] = set()
            for key in keys:
                present |= await self.ask(key)
                await asyncio.sleep(pace)
            self._reader.forget_all_but(present)
            if not keys:
                await asyncio.sleep(ROUND)

    async def ask(self, key: kinds.Key) -> set[str]:
        """Ask the servers of one ModelDeployment; answers the uids of those that were asked."""
        pods = self._caches.select(kinds.POD, key.namespace, {names.DEPLOYMENT_LABEL: key.name})
        asked = list(filter(servers.answers, pods))[: sentinels.ASKED]
        before = [_verdict(self._reader.heard(pod)) for pod in asked]
        await asyncio.gather(*(self._reader.sentinel(pod) for pod in asked))
        if before != [_verdict(self._reader.heard(pod)) for pod in asked]:
            self._wake(key)
        return {pod["metadata"]["uid"] for pod in asked}


def _verdict(answer: str) -> tuple[bool, bool, bool]:
    """Whether it answers wrongly, whether it is known how its answers are distributed, and whether they have drifted.

    Of little changes, and of how long answers take, the next look tells.
    """
    report = sentinels.read(answer)
    if report is None:
        return False, False, False
    return bool(servers.told_by_sentinel(report)), report.drift is not None, drifting.far(report)
