"""A crowd of clients that ask one model without pause, as an application with a connection pool does.

Each client keeps its connection and renews it every two seconds, because Kubernetes balances connections and not
requests: a client that never does would hold on to a server that is going away. A kept connection that the server
closed before a byte of the answer is tried again on a fresh one, as HTTP clients do; it is counted as `broken`.

    failures  answered with something other than 200, not in time, or not even on a fresh connection
"""

import asyncio
import collections
import dataclasses
import json
import threading
import time
from typing import Self

import aiohttp

CLIENTS = 20
CONNECTION_AGE = 2.0
#: Between two requests of a client: the crowd shares two cores with the cluster that it watches.
PAUSE = 0.05
TIMEOUT = aiohttp.ClientTimeout(total=10)
#: The crowd goes home by itself.
AT_MOST_SECONDS = 300
OK = 200


@dataclasses.dataclass
class Tally:
    """What the crowd saw."""

    requests: int = 0
    renewed: int = 0
    broken: int = 0
    failures: list[str] = dataclasses.field(default_factory=list)
    #: First value of the answer -> how often.
    answers: collections.Counter = dataclasses.field(default_factory=collections.Counter)


class Crowd:
    """`with Crowd(url, body) as crowd: ...`; afterwards `crowd.tally`."""

    def __init__(
        self, url: str, body: dict, pause: float = PAUSE, at_most: float = AT_MOST_SECONDS, clients: int = CLIENTS
    ) -> None:
        """Say what is asked, and where; seconds between two requests of a client, and until all go home."""
        self.clients = clients
        self.url, self.body, self.tally = url, body, Tally()
        self.pause, self.at_most = pause, at_most
        self.home = threading.Event()
        self.thread = threading.Thread(target=lambda: asyncio.run(self.ask()), daemon=True)

    def __enter__(self) -> Self:
        """Begin."""
        self.deadline = time.monotonic() + self.at_most
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """End, with every request answered."""
        self.home.set()
        self.thread.join(TIMEOUT.total * 2)

    async def ask(self) -> None:
        """All clients at once."""
        await asyncio.gather(*(self.client() for _ in range(self.clients)))

    @property
    def wanted(self) -> bool:
        """Nobody called it off."""
        return not self.home.is_set() and time.monotonic() < self.deadline

    async def client(self) -> None:
        """One connection after the other."""
        while self.wanted:
            self.tally.renewed += 1
            async with aiohttp.ClientSession(timeout=TIMEOUT, connector=aiohttp.TCPConnector(limit=1)) as session:
                await self.use(session)

    async def use(self, session: aiohttp.ClientSession) -> None:
        """Requests on one connection until it is old or broken."""
        old = time.monotonic() + CONNECTION_AGE
        fresh = True
        while self.wanted and time.monotonic() < old:
            if not await self.request(session, fresh=fresh):
                return
            fresh = False
            await asyncio.sleep(self.pause)

    async def request(self, session: aiohttp.ClientSession, *, fresh: bool) -> bool:
        """One question; False when the connection was found closed."""
        try:
            async with session.post(self.url, json=self.body) as answer:
                self.note(answer.status, await answer.read())
        except (aiohttp.ClientError, TimeoutError) as error:
            return self.lost(error, fresh=fresh)
        return True

    def lost(self, error: Exception, *, fresh: bool) -> bool:
        """A kept connection may be closed at any time; a fresh one may not, nor may one be refused."""
        refused = isinstance(error, aiohttp.ClientConnectorError)
        closed = isinstance(error, (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError))
        if closed and not fresh and not refused:
            self.tally.broken += 1
        else:
            self.tally.failures.append(repr(error))
        return False

    def note(self, status: int, body: bytes) -> None:
        """One answer."""
        self.tally.requests += 1
        if status == OK:
            self.tally.answers[first_value(body)] += 1
        else:
            self.tally.failures.append(f"{status} {body[:200]!r}")


def first_value(body: bytes) -> float:
    """Of the first output."""
    return json.loads(body)["outputs"][0]["data"][0]
