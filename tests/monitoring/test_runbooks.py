"""Every alert has a page that says what to do, and no page speaks of an alert that is gone."""

import re

import pytest

from monitoring import files

PAGES = {path.stem: path for path in files.RUNBOOKS.glob("Modelsmith*.md")}
ALERTS = {rule["alert"] for rule in files.rules(files.ALERTS)}


def test_each_alert_has_a_page_and_each_page_an_alert():
    assert PAGES.keys() == ALERTS


@pytest.mark.parametrize("name", sorted(PAGES))
def test_a_page_says_what_it_means_how_to_look_what_to_do_and_when_to_wait(name):
    text = PAGES[name].read_text()
    assert text.startswith(f"# {name}\n")
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == ["Look", "Causes", "Wait when"]
    assert "**Means**" in text
    assert "**Users see**" in text
    assert "    kubectl " in text


def test_the_list_has_all_of_them_with_their_severity():
    page = (files.RUNBOOKS / "README.md").read_text()
    listed = dict(re.findall(r"^\| \[(\w+)\]\(\1\.md\) \| ([a-z, ]+) \|", page, re.MULTILINE))
    severities = {}
    for rule in files.rules(files.ALERTS):
        severities.setdefault(rule["alert"], set()).add(rule["labels"]["severity"])
    assert listed == {alert: ", ".join(sorted(those)) for alert, those in severities.items()}


@pytest.mark.parametrize("path", sorted(files.RUNBOOKS.glob("*.md")), ids=lambda path: path.stem)
def test_links_of_a_page_lead_somewhere(path):
    targets = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", path.read_text())
    assert [target for target in targets if not (path.parent / target).exists()] == []
