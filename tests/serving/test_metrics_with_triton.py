"""What a real server tells Prometheus: the recorded scrape that rules and dashboards are held against."""

import os

import numpy as np

from monitoring import files, naming
from serving import processes

#: In the recorded scrape every value is nought: only names and labels matter, and they do not change.
REASONS = {"REJECTED", "CANCELED", "BACKEND", "OTHER"}


def nought(text):
    """Without the values, which differ each time."""
    lines = (line if line.startswith("#") else f"{line.rsplit(' ', 1)[0]} 0" for line in text.splitlines())
    return "".join(f"{line}\n" for line in lines)


def test_the_recorded_scrape_is_what_a_server_tells(served):
    with served() as server:
        assert server.infer(np.ones((1, 4), np.float32))[0] == 200
        text = nought(processes.get(server.metrics)[1])
    if os.environ.get("UPDATE_GOLDEN") == "1":
        files.TRITON.write_text(text)
    assert naming.scraped(text) == naming.scraped(files.TRITON.read_text()), "UPDATE_GOLDEN=1 rewrites it; then review"


def test_each_reason_of_a_failure_is_there_from_the_beginning(served):
    """The sum of successes and failures is none where there is no failure to add."""
    with served() as server:
        text = processes.get(server.metrics)[1]
    assert {reason for reason in REASONS if f'reason="{reason}"' in text} == REASONS
