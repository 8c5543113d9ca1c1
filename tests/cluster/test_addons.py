"""Add-ons come and go beside a running cluster, and never leave an API behind that nobody serves."""

import shutil

import pytest
import yaml

from cluster import accounts, adding, aggregation, certificates, errors, layout, leftovers, metering, pins, scraping

PROGRAMS = [(name, make) for add_on in adding.ALL for name, make in add_on.programs.items()]


@pytest.fixture(autouse=True)
def directory(tmp_path, monkeypatch):
    """A data directory of its own; no certificate is read."""
    monkeypatch.setenv("MODELSMITH_CLUSTER_DIR", str(tmp_path))
    monkeypatch.setattr(certificates, "authority_context", lambda _: None)
    return tmp_path


class Running:
    """A keeper of processes, of which these run; `did` tells what was asked of it."""

    def __init__(self, *names, did=None):
        self.names, self.did = set(names), [] if did is None else did

    def find(self, name):
        return self if name in self.names else None

    alive = True

    def stop(self, name):
        self.did.append(f"stop {name}")
        return name in self.names


class Api:
    """A cluster that forgets what it is told, but not that it was told."""

    def __init__(self, did=None):
        self.did = [] if did is None else did

    def delete(self, path):
        self.did.append(f"delete {path.rpartition('/')[2]}")


@pytest.mark.parametrize(("name", "make"), PROGRAMS, ids=[name for name, _ in PROGRAMS])
def test_what_a_crash_leaves_running_is_found_without_a_record(name, make, directory):
    program = make()
    assert program.name == name
    assert leftovers.is_helper(list(program.argv), [str(directory)])


def test_the_ports_of_every_program_are_asked_for_first():
    assert {name for name, _ in PROGRAMS} == set(layout.ADD_ON_LISTENERS)


def test_no_two_programs_want_one_port():
    wanted = [each for table in (layout.LISTENERS, layout.ADD_ON_LISTENERS) for row in table.values() for each in row]
    assert len(wanted) == len(set(wanted))


@pytest.mark.parametrize("add_on", adding.ALL, ids=lambda add_on: add_on.name)
def test_an_add_on_is_built_when_it_is_first_used(add_on):
    assert set(add_on.modules) <= set(pins.ADD_ONS)
    assert not set(add_on.modules) & set(pins.ALL)


@pytest.mark.parametrize(
    "group", [group for add_on in adding.ALL for group in add_on.groups], ids=lambda each: each.name
)
def test_a_group_is_forwarded_to_a_service_that_leads_here(group, directory):
    (directory / "ca.crt").write_text("signed by us")
    written = {}
    client = type("Client", (), {"apply": lambda _, path, body: written.update({path: body})})()
    aggregation.announce(client, group.service)
    aggregation.register(client, group, directory / "ca.crt")
    registered, service, slice_ = (
        next(body for body in written.values() if body["kind"] == kind)
        for kind in ("APIService", "Service", "EndpointSlice")
    )
    assert registered["spec"]["service"]["name"] == service["metadata"]["name"]
    assert registered["spec"]["caBundle"]
    assert "selector" not in service["spec"]
    assert slice_["endpoints"][0]["addresses"] == [layout.BRIDGE_ADDRESS]
    assert slice_["ports"][0]["name"] == service["spec"]["ports"][0]["name"]


def test_apis_are_withdrawn_before_their_servers_stop(monkeypatch):
    did = []
    monkeypatch.setattr(adding, "_client", lambda: Api(did))
    adding.leave(Running("prometheus", "metrics-server", "prometheus-adapter", did=did))
    assert did[:2] == ["delete v1beta1.metrics.k8s.io", "delete v1beta1.custom.metrics.k8s.io"]
    assert set(did[2:]) == {"stop prometheus", "stop metrics-server", "stop prometheus-adapter"}


def test_without_a_cluster_that_answers_the_programs_stop_all_the_same(monkeypatch):
    ours = Running("prometheus")
    adding.leave(ours)
    assert "stop prometheus" in ours.did


def test_what_was_never_brought_up_is_not_spoken_of():
    assert adding.present(Running()) == []
    assert [each.name for each in adding.present(Running("keda-adapter"))] == ["keda"]


def test_the_apis_of_the_dead_are_withdrawn_when_the_cluster_comes_up():
    client = Api()
    adding.withdraw_dead(client, Running("prometheus", "metrics-server", "prometheus-adapter"))
    assert client.did == ["delete v1beta1.external.metrics.k8s.io"]


def test_who_serves_an_api_may_ask_who_calls():
    roles = [body["roleRef"]["name"] for _, body in accounts.objects(metering.ADAPTER_ACCOUNT) if "roleRef" in body]
    assert "system:auth-delegator" in roles
    assert "extension-apiserver-authentication-reader" in roles
    assert len(accounts.objects(scraping.ACCOUNT)) == 4


def test_prometheus_has_the_jobs_of_the_chart_and_a_kubeconfig_for_each(directory):
    text = scraping.configuration(scraping.JOBS.read_text(), directory / "rules", directory / "kubeconfig")
    configuration, shipped = yaml.safe_load(text), yaml.safe_load(scraping.JOBS.read_text())
    for job in configuration["scrape_configs"]:
        for discovery in job["kubernetes_sd_configs"]:
            assert discovery.pop("kubeconfig_file") == str(directory / "kubeconfig")
        assert job.pop("scrape_interval", None) in {scraping.INTERVAL, None}
    for job in shipped["scrape_configs"]:
        job.pop("scrape_interval", None)
    assert configuration["scrape_configs"] == shipped["scrape_configs"]


@pytest.mark.parametrize("jobs", ["[]", "- job_name: a\n  kubernetes_sd_configs: [{role: pod}]\n"])
def test_jobs_that_cannot_be_given_a_kubeconfig_are_refused(jobs, directory):
    with pytest.raises(errors.ClusterError, match="block style"):
        scraping.with_kubeconfig(jobs, directory / "kubeconfig")


def test_other_jobs_are_another_command_line(directory, monkeypatch):
    before = scraping.prometheus().argv
    assert scraping.prometheus().argv == before
    changed = shutil.copy(scraping.JOBS, directory / "scrape.yaml")
    changed.write_text(changed.read_text() + "# changed\n")
    monkeypatch.setattr(scraping, "JOBS", changed)
    assert scraping.prometheus().argv != before
