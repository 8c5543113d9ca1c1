"""docs/conditions.md, written from the sentences that stand beside the reasons.

`python -m model_operator.documenting` writes the page; a test compares.
"""

import pathlib
import sys
from collections.abc import Mapping

from model_builder import contract
from model_operator import reasons

PAGE = pathlib.Path(__file__).resolve().parents[2] / "docs" / "conditions.md"
HEAD = """\
<!-- Written by `python -m model_operator.documenting`: do not edit. -->
# Conditions and their reasons

`Ready` is a summary: it takes the reason and the message of the first thing that is in the way, in the order
`Accepted`, suspended, `Built`, the servers. `Reconciling` and `Stalled` are there only when so, as kstatus reads them:
Reconciling may come right by itself, Stalled waits for somebody. A message says what happened, to what, and what next.

| condition | of | True when |
|---|---|---|
| Accepted | ModelDeployment | the spec can be carried out |
| Built | both | there is an artifact for what is asked |
| Available | ModelDeployment | at least one server answers, of whatever revision |
| Ready | ModelDeployment | all wanted servers are of this generation's revision, and ready |
| UpdateAvailable | ModelDeployment | the operator brings what is [not in use yet](upgrading.md); absent otherwise |
"""


def page() -> str:
    """The page."""
    own = {reason.value: sentence for reason, sentence in reasons.SENTENCES.items()}
    builder = {reason.value: sentence for reason, sentence in contract.SENTENCES.items()}
    return "\n".join(
        (
            HEAD,
            _table("Reasons", own),
            _table(
                "Reasons of a request that cannot be built as it is (`Accepted`, or else `Built`, and then `Ready`)",
                builder,
            ),
        )
    )


def _table(title: str, sentences: Mapping[str, str]) -> str:
    rows = "".join(f"| {reason} | {sentence} |\n" for reason, sentence in sentences.items())
    return f"## {title}\n\n| reason | means |\n|---|---|\n{rows}"


def main() -> None:
    """Write the page."""
    PAGE.write_text(page(), encoding="utf-8")
    sys.stdout.write(f"{PAGE.name}: {len(reasons.SENTENCES) + len(contract.SENTENCES)} reasons\n")


if __name__ == "__main__":
    main()
