"""report.html: the report as one page that needs nothing else, no network and no script. Equal reports, equal pages.

    report ─► views (arithmetic), stories (sentences), confusing (the table) ─► templates/report.html.j2

Reports hold words of users and of libraries, so everything is escaped on its way into the page.
"""

from pathlib import Path

import jinja2

from model_builder import contract, progress
from model_builder.reporting import confusing, figures, stories, views

TEMPLATES = Path(__file__).parent / "templates"


def page(report: contract.FullReport) -> str:
    """The whole file."""
    chosen = stories.chosen(report)
    return (
        environment()
        .get_template("report.html.j2")
        .render(
            report=report,
            chosen=chosen,
            metric=stories.main_metric(chosen),
            ladder=views.ladder(report),
            quality=views.quality(report),
            sizes=views.sizes(report),
            speed=views.speed(chosen),
            server=views.timing([("server", report.server.latency)]) if report.server else None,
            confusion=confusing.confusion(report.confusion),
            figures=figures,
            stories=stories,
            bytes_of=progress.bytes_of,
        )
    )


def environment() -> jinja2.Environment:
    """An undefined name in a template is a defect, not an empty string."""
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
