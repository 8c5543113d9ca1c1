"""Command lines keep what the tests and the machine's neighbours rely on."""

import json

import pytest

from cluster import audit, certificates, controlling, kubeconfigs, layout, running


@pytest.fixture
def site(tmp_path, monkeypatch):
    monkeypatch.setattr(certificates, "client_context", lambda *_: None)
    return controlling.Site(tmp_path, "127.0.0.1", 1, 2, 3)


def test_the_default_admission_plugins_stay_on(site):
    assert not [word for word in controlling.apiserver(site).argv if "-admission-" in word.partition("=")[0]]


def test_etcd_listens_for_this_machine_only(site):
    urls = [word.partition("=")[2] for word in controlling.etcd(site).argv if "-urls=" in word]
    assert urls
    assert all(url.startswith("https://127.0.0.1:") for url in urls)


def test_every_server_of_the_cluster_has_an_address_of_this_machine_alone():
    addresses = {address for listeners in layout.LISTENERS.values() for address, _ in listeners}
    assert addresses == {layout.LOOPBACK, layout.BRIDGE_ADDRESS}


def test_of_all_add_ons_only_the_metrics_of_kedas_adapter_can_be_read_from_elsewhere():
    rows = {(name, address) for name, listeners in layout.ADD_ON_LISTENERS.items() for address, _ in listeners}
    elsewhere = {(name, address) for name, address in rows if address not in {layout.LOOPBACK, layout.BRIDGE_ADDRESS}}
    assert elsewhere == {("keda-adapter", layout.EVERYWHERE)}


def test_the_audit_log_has_writes_and_no_reads(tmp_path):
    policy = json.loads(audit.write_policy(tmp_path / "policy.json").read_text())
    assert policy["rules"][0] == {"level": "None", "verbs": ["get", "list", "watch"]}
    assert policy["rules"][-1] == {"level": "Metadata"}


def test_what_one_group_reads_can_be_had_too(tmp_path):
    policy = json.loads(audit.write_policy(tmp_path / "policy.json", "system:serviceaccounts:a").read_text())
    assert policy["rules"][0]["userGroups"] == ["system:serviceaccounts:a"]
    assert policy["rules"][1] == {"level": "None", "verbs": ["get", "list", "watch"]}


def test_a_users_own_leases_are_audited(tmp_path):
    policy = json.loads(audit.write_policy(tmp_path / "policy.json").read_text())
    silenced = [rule for rule in policy["rules"] if "coordination.k8s.io" in json.dumps(rule)]
    assert silenced
    assert all("users" in rule or "userGroups" in rule for rule in silenced)


def test_a_kubeconfig_is_its_owners_alone_and_needs_no_other_file(tmp_path):
    for name in ("ca.crt", "admin.crt", "admin.key"):
        (tmp_path / name).write_text(name)
    path = kubeconfigs.write(tmp_path / "made" / "kubeconfig", "https://127.0.0.1:1", tmp_path, "admin")
    assert path.stat().st_mode & 0o777 == 0o600
    assert str(tmp_path) not in path.read_text()


def test_a_kubeconfig_with_a_token_is_its_owners_alone_too(tmp_path):
    (tmp_path / "ca.crt").write_text("ca")
    path = kubeconfigs.write_token(tmp_path / "made" / "adapter", "https://127.0.0.1:1", tmp_path, "adapter", "secret")
    assert path.stat().st_mode & 0o777 == 0o600
    assert json.loads(path.read_text())["users"] == [{"name": "adapter", "user": {"token": "secret"}}]


def test_the_kubelets_state_stays_in_the_clusters_directory(tmp_path, monkeypatch):
    monkeypatch.setenv("MODELSMITH_CLUSTER_DIR", str(tmp_path))
    program = running.kubelet()
    configuration = json.loads((tmp_path / "config" / "kubelet.json").read_text())
    assert f"--root-dir={tmp_path / 'kubelet'}" in program.argv
    assert configuration["podLogsDir"].startswith(str(tmp_path))
    assert configuration["volumePluginDir"].startswith(str(tmp_path))


def test_containerd_keeps_away_from_another_one_on_the_machine(tmp_path, monkeypatch):
    monkeypatch.setenv("MODELSMITH_CLUSTER_DIR", str(tmp_path))
    running.containerd()
    text = (tmp_path / "config" / "containerd.toml").read_text()
    for default in ("/var/lib/containerd", "/run/containerd", "/etc/cni"):
        assert default not in text
