"""Dashboards ask for metrics that there are, in expressions that can be read, and lie on the grid as they should."""

import itertools

import pytest
import yaml

from monitoring import files, naming


@pytest.fixture(params=files.DASHBOARDS, ids=lambda path: path.stem)
def path(request):
    return request.param


@pytest.fixture
def board(path):
    return files.dashboard(path)


def test_there_are_three():
    assert [path.stem for path in files.DASHBOARDS] == ["builds", "fleet", "model"]


def test_every_metric_exists(path, known):
    assert naming.missing(files.expressions(path), known | files.recorded()) == set()


def test_every_expression_can_be_read(promtool, path, tmp_path):
    rules = [{"record": f"x{number}", "expr": each} for number, each in enumerate(files.expressions(path))]
    target = tmp_path / "rules.yaml"
    target.write_text(yaml.safe_dump({"groups": [{"name": "dashboard", "rules": rules}]}))
    promtool("check", "rules", str(target))


def test_panels_have_numbers_of_their_own(board):
    numbers = [panel["id"] for panel in board["panels"]]
    assert len(numbers) == len(set(numbers))


def test_panels_lie_beside_each_other(board):
    taken = {}
    for panel in board["panels"]:
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24
        for cell in itertools.product(
            range(place["x"], place["x"] + place["w"]), range(place["y"], place["y"] + place["h"])
        ):
            assert cell not in taken, f"{panel['title']} lies on {taken[cell]}"
            taken[cell] = panel["title"]


def test_a_panel_says_what_it_shows_in_which_unit(board):
    for panel in board["panels"]:
        if panel["type"] != "row":
            assert panel["description"], panel["title"]
            assert panel["fieldConfig"]["defaults"]["unit"], panel["title"]


def test_the_four_most_important_figures_stand_on_top(board):
    assert [panel["type"] for panel in board["panels"] if panel["gridPos"]["y"] == 0] == ["stat"] * 4


def test_a_panel_asks_the_prometheus_that_was_chosen(board):
    sources = [panel["datasource"]["uid"] for panel in board["panels"] if panel["type"] != "row"]
    sources += [each["datasource"]["uid"] for panel in board["panels"] for each in panel.get("targets", [])]
    assert set(sources) == {"${datasource}"}


def test_one_chooses_prometheus_namespace_and_model(board):
    assert [each["name"] for each in board["templating"]["list"]] == ["datasource", "namespace", "deployment"]


def test_links_lead_to_runbooks_that_are_there(board):
    links = [link["url"] for panel in board["panels"] for link in panel.get("links", [])]
    assert links
    assert [link for link in links if not (files.ROOT / link).is_file()] == []


def test_it_is_found_by_a_name_that_does_not_change(board, path):
    assert board["uid"] == f"modelsmith-{path.stem}"
    assert board["schemaVersion"] == 42
