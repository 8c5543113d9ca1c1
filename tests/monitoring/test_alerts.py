"""Each alert fires of its cause, alone, after its time and no sooner; of hours that are well, none does."""

import re

import pytest

from monitoring import causes, files, series

FIRING = 'ALERTS{alertstate="firing"}'


def firing(cause):
    """The one sample of ALERTS, as promtool writes it."""
    labels = {**cause.labels, "alertname": cause.alert, "alertstate": "firing", "severity": cause.severity}
    return {series.named("ALERTS", **labels): 1}


def test_hours_that_are_well_are_silent(promtool, healthy):
    promtool.expect(healthy, *((minute, FIRING, {}) for minute in range(0, series.MINUTES, 5)))


@pytest.mark.parametrize("cause", causes.TABLE, ids=str)
def test_a_cause_fires_its_alert_and_no_other(promtool, healthy, cause):
    well = {name: values for name, values in healthy.items() if name not in cause.gone}
    promtool.expect(
        well | cause.changes,
        (series.WRONG + cause.patience, FIRING, {}),
        (series.WRONG + cause.fires, FIRING, firing(cause)),
    )


@pytest.mark.parametrize("innocent", causes.INNOCENT)
def test_what_is_wanted_or_will_heal_is_silent(promtool, healthy, innocent):
    changed = healthy | causes.INNOCENT[innocent]
    promtool.expect(changed, *((minute, FIRING, {}) for minute in range(series.WRONG, series.MINUTES, 10)))


def test_every_alert_has_a_cause_in_each_severity():
    caused = {(cause.alert, cause.severity) for cause in causes.TABLE}
    assert {(rule["alert"], rule["labels"]["severity"]) for rule in files.rules(files.ALERTS)} == caused


def test_every_alert_is_caused_on_the_cluster_too():
    text = (files.ROOT / "tests/e2e/test_alerts.py").read_text()
    assert [rule["alert"] for rule in files.rules(files.ALERTS) if f'"{rule["alert"]}"' not in text] == []


@pytest.mark.parametrize("cause", causes.TABLE, ids=str)
def test_an_alert_speaks_of_labels_that_it_has(cause):
    has = {*cause.labels} or {"namespace"}
    for rule in files.rules(files.ALERTS):
        if rule["alert"] == cause.alert:
            words = " ".join(rule["annotations"].values())
            assert set(re.findall(r"\$labels\.(\w+)", words)) <= has, rule["annotations"]


@pytest.mark.parametrize("rule", files.rules(files.ALERTS), ids=lambda rule: rule["alert"])
def test_an_alert_says_how_bad_what_and_what_to_do(rule):
    assert rule["labels"]["severity"] in {"critical", "warning"}
    assert rule["annotations"].keys() == {"summary", "description", "runbook_url"}
    assert rule["annotations"]["runbook_url"] == f"docs/runbooks/{rule['alert']}.md"


def test_an_alert_about_a_model_names_it():
    for rule in files.rules(files.ALERTS):
        if "operator" not in rule["expr"]:
            assert "$labels.namespace" in rule["annotations"]["summary"], rule["alert"]
            assert "name" in rule["labels"] or "by (namespace, name" in rule["expr"], rule["alert"]
