"""report.html: says what the report says, to anybody, without help from outside."""

import html.parser
import json
import re

import pytest

from builder import reports_made
from model_builder import contract
from model_builder.reporting import confusing, schema, stories, views
from model_builder.reporting import html as reporting_html

VOID = {"meta", "link", "br", "img", "hr", "input"}


class Reader(html.parser.HTMLParser):
    """The text of a page, its elements, and whether they are closed in order."""

    def __init__(self, page):
        super().__init__()
        self.words, self.elements, self.open = [], [], []
        self.feed(page)
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "style" not in self.open:
            self.words.append(data)

    @property
    def text(self):
        return re.sub(r"\s+", " ", " ".join(self.words))


@pytest.fixture(params=list(reports_made.ALL))
def any_report(request):
    return reports_made.ALL[request.param]()


def read(report):
    return Reader(reporting_html.page(report))


def test_a_page_is_well_formed_needs_nothing_else_and_is_small(any_report):
    page = reporting_html.page(any_report)
    tags = {tag for tag, _ in Reader(page).elements}
    assert not tags & {"script", "link", "img", "iframe", "object", "embed"}
    assert not re.search(r"https?://|@import|url\(|\bon\w+=\"|src=|href=", page)
    assert len(page.encode()) < 60_000


def test_equal_reports_have_equal_pages(any_report):
    again = contract.FullReport.model_validate_json(any_report.model_dump_json())
    assert reporting_html.page(again) == reporting_html.page(any_report)


def test_nothing_is_drawn_outside_of_its_chart(any_report):
    places = re.findall(r'\b(?:x|x1|x2|cx)="([-\d.]+)%?"', reporting_html.page(any_report))
    assert all(0 <= float(place) <= 100 for place in places)


def test_words_of_others_are_escaped():
    page = reporting_html.page(reports_made.verbose())
    assert "<script>" not in page
    assert "&lt;script&gt;alert(" in page
    assert "<b>not bold</b>" not in page
    assert "<i>name</i>" not in page


def test_the_headline_tells_verdict_accuracy_size_and_speed():
    assert stories.headline(reports_made.digits()) == (
        "int8Static passed: accuracy 0.991 (0.0 points below the original), 3.7 times smaller, "
        "1.63 times as fast on Intel Xeon Platinum 8481C @ 2.70GHz."
    )


def test_the_headline_tells_what_was_tried_in_vain():
    assert stories.headline(reports_made.fallen()) == (
        "none passed: accuracy 0.991 (0.0 points below the original). Before it int8Static failed and fp16 was refused."
    )


def test_the_headline_claims_no_speed_that_the_interval_does_not_give():
    report = reports_made.digits(candidates=[reports_made.int8(speed=reports_made.speed(low=0.97, high=1.9))])
    assert "no faster and no slower than the float graph" in stories.headline(report)


def test_every_candidate_is_told_with_its_message():
    report = reports_made.fallen()
    text = read(report).text
    assert "The ladder: 3 candidates judged" in text
    for candidate in report.candidates:
        assert candidate.message in text
    assert "2.2 points (95 % interval 0.9 to 3.6)" in text


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        (contract.Target(gpu=contract.GpuTarget()), "the target is a GPU, and this build had none"),
        (contract.Target(cpu=contract.Cpu.AMX), "the target is x86-64 CPUs with AMX int8, and this build had none"),
        (contract.PORTABLE, "this build did not time it"),
    ],
)
def test_a_speed_that_was_not_measured_has_its_reason(target, reason):
    report = reports_made.digits(candidates=[reports_made.int8(speed=None)], target=target)
    assert f"Not measured against the float graph: {reason}." in read(report).text


def test_without_an_evaluation_set_the_page_says_how_to_get_figures():
    text = read(reports_made.unevaluated()).text
    assert "No evaluation set was named" in text
    assert "outputs within 1.4 × 10⁻⁶ of the original's" in text  # noqa: RUF001 - as it is printed
    assert "Confusion table" not in text


def test_a_python_backend_is_called_a_stand_in():
    real = reports_made.digits().server.model_copy(update={"backend": "onnxruntime"})
    assert "A Python backend stood in" in read(reports_made.digits()).text
    assert "A Python backend stood in" not in read(reports_made.digits(server=real)).text


def test_the_page_tells_what_a_server_takes_and_every_load():
    text = read(reports_made.digits()).text
    assert "At least 5,210 a second with 8 at once" in text
    assert "32 samples at most are executed together, a full batch in about 6.14 ms" in text
    assert all(f"{rate} " in text for rate in ("1,190", "2,010", "3,490", "5,330"))


def test_a_server_that_joins_nothing_executes_each_by_itself():
    alone = reports_made.capacity(max_batch=1, batch_seconds=0.000192)
    assert "Each is executed by itself in about 192 µs" in read(reports_made.digits(capacity=alone)).text


def test_a_report_from_before_capacities_is_read_and_shown():
    written = json.loads(reports_made.digits().model_dump_json())
    del written["capacity"], written["loads"]
    old = contract.FullReport.model_validate(written)
    assert old.capacity is None
    assert "What one server takes" not in read(old).text


def test_every_digest_and_version_is_there():
    report = reports_made.digits()
    text = read(report).text
    digests = {report.plan_digest, *report.files.values(), report.candidates[0].tensors}
    assert all(digest in text for digest in digests)
    assert all(f"{name} {version}" in text for name, version in report.versions.libraries.items())


def test_a_table_of_few_classes_is_shown_whole():
    table = confusing.confusion(reports_made.confusion())
    assert len(table.rows) == 10
    assert sum(cell.count for row in table.rows for cell in row.cells) == 450
    assert table.rows[1].recall == pytest.approx(44 / 45)
    assert not table.pairs


def test_of_many_classes_the_most_confused_pairs_are_listed():
    table = confusing.confusion(reports_made.many_classes().confusion)
    counts = [pair.count for pair in table.pairs]
    assert len(counts) == confusing.PAIRS
    assert counts == sorted(counts, reverse=True)
    assert counts[0] == max(
        cell.count for cell in reports_made.many_classes().confusion if cell.truth != cell.predicted
    )
    assert not table.rows


def test_candidates_share_a_scale_so_that_they_can_be_compared():
    first, _, last = views.ladder(reports_made.fallen())
    assert first.drops[0].limit == last.drops[0].limit
    assert last.drops[0].whisker.value == last.drops[0].zero
    assert first.drops[0].whisker.value > first.drops[0].limit


def test_a_drop_far_beyond_the_limit_is_an_arrow_at_the_edge():
    accuracy, recall = views.ladder(reports_made.undecided())[0].drops
    assert not accuracy.whisker.beyond
    assert recall.whisker.beyond
    assert recall.whisker.value == 100
    assert recall.limit > 5


def test_the_schema_in_the_documentation_is_that_of_the_report():
    assert schema.FILE.read_text(encoding="utf-8") == schema.text(), "run `make generate`"
    assert json.loads(schema.text())["properties"]["schemaVersion"]["default"] == contract.REPORT_SCHEMA
