"""The operator as a kubelet keeps it: an end by itself, or by a kill, is followed by a start."""

import contextlib
import os
import signal
from typing import Any

from edge import processes, proxying


class Supervised(processes.Operator):
    """One operator, whose every way to the API server leads through a proxy."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.exits = 0
        """How often it ended and was not asked to."""
        self._environment: dict[str, str] = {}

    def run(self, proxy: proxying.Proxy, resync_seconds: float) -> None:
        """Start it, or start it anew, with another pause between resyncs."""
        self.stop()
        kubeconfig = str(proxy.kubeconfig(self.kubeconfig))
        self._environment = {"KUBECONFIG": kubeconfig, "MODELSMITH_RESYNC_SECONDS": str(resync_seconds)}
        self._begin()

    def slay(self) -> None:
        """SIGKILL, from any thread; `supervise` sees to the rest."""
        pid = self.pid
        if pid is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def supervise(self) -> None:
        """Start it again if it ended."""
        if self.running and self.pid is None:
            self._begin(after_exit=True)

    def _begin(self, *, after_exit: bool = False) -> None:
        """Until it is ready: it may be killed while it starts, too."""
        while True:
            self.exits += after_exit
            try:
                self.start(**self._environment)
            except AssertionError:
                if self.pid is not None:
                    raise
                after_exit = True
            else:
                return
