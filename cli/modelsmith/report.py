"""modelsmith report: open the report of a build in the browser, and say the figures in short."""

import argparse
import sys
from pathlib import Path
from typing import Any

EXAMPLE = """\
examples:
  modelsmith report out             what `modelsmith build -f modeldeployment.yaml --out out` made
  modelsmith report --no-browser    the figures of the artifact in this directory, on the terminal only
  modelsmith report out --json | jq .candidates
"""


def configure(verbs: Any) -> None:
    """Add the verb."""
    parser = verbs.add_parser(
        "report",
        help="show the report of a build",
        description=__doc__,
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "path",
        nargs="?",
        default=".",
        metavar="PATH",
        help="an artifact's directory, its report.json or report.html, or what `modelsmith build --out` made "
        "(default: the current directory)",
    )
    parser.add_argument("--no-browser", action="store_true", help="print the figures and open nothing")
    parser.add_argument("--json", action="store_true", help="print report.json and nothing else")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Find, show, open."""
    from modelsmith import reports, summaries

    file = reports.find(Path(options.path))
    content, report = reports.read(file)
    if options.json:
        sys.stdout.write(content)
        return 0
    sys.stdout.write(summaries.of(report))
    sys.stdout.write(visit(file.with_name(reports.PAGE), browse=not options.no_browser))
    return 0


def visit(page: Path, *, browse: bool) -> str:
    """Open the page where that is wanted and possible; a line that says where it is."""
    import webbrowser

    if not page.is_file():
        return f"\nThere is no {page.name} beside {page.with_name('report.json')}: only the figures above.\n"
    where = page.resolve()
    if browse and not webbrowser.open(where.as_uri()):
        return f"\nNo browser could be opened on this machine. The report: {where}\n"
    return f"\nThe report: {where}\n"
