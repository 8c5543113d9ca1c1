"""modelsmith build: make an artifact on this machine, as a cluster would."""

import argparse
import sys
from pathlib import Path
from typing import Any

from modelsmith.local import sessions

EXAMPLE = """\
examples:
  modelsmith build -f modeldeployment.yaml --source model --out out
  modelsmith report out
  modelsmith build -f all.yaml --out out          the file holds the ConfigMap too

The model's own code runs as you, without the walls of a pod: build only models that you trust.
"""


def configure(verbs: Any) -> None:
    """Add the verb."""
    parser = verbs.add_parser(
        "build",
        help="make an artifact on this machine",
        description=__doc__,
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    sessions.configure(parser)
    parser.add_argument(
        "--out",
        required=True,
        type=Path,
        metavar="DIR",
        help="where artifact/ and report.html go: new, empty, or of an earlier build",
    )
    parser.add_argument("--no-check", action="store_true", help="do not have the artifact loaded and asked by a server")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Build, leave, show."""
    from modelsmith import reports, summaries
    from modelsmith.local import building, families, progress, results, servers

    results.check(options.out)
    asked = sessions.read(options)
    program = None if options.no_check else servers.find(options, sessions.say)
    try:
        with sessions.opened(asked, options.source, program) as job:
            with progress.shown(verbose=options.verbose) as show:
                built = building.build(job, show)
            results.leave(built, options.out)
    except families.Interruption as interruption:
        sessions.say("interrupted: nothing of it is left")
        return interruption.exit_code
    how = "found in the store, built before" if built.cache_hit else "built"
    sys.stdout.write(f"{how}, in {built.seconds:.1f} s\n\n{summaries.of(built.report)}")
    sys.stdout.write(f"\nartifact  {options.out / results.ARTIFACT}\n          {built.digest}\n")
    sys.stdout.write(f"report    {options.out / reports.PAGE}\n")
    return 0
