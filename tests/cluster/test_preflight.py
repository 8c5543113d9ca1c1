"""What is in the way is named before anything starts."""

import os
import socket

import pytest

from cluster import debian, errors, preflight


@pytest.fixture
def listener():
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        yield server.getsockname()[1]


def test_a_taken_port_names_its_owner_and_the_way_out(listener):
    with pytest.raises(errors.PortTakenError) as caught:
        preflight.require_free("127.0.0.1", listener, "etcd")
    message = str(caught.value)
    assert f"Port {listener} on 127.0.0.1, needed by etcd" in message
    assert f"process {os.getpid()} (" in message
    assert "KUBECONFIG" in message


def test_a_free_port_is_fine(listener):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        free = probe.getsockname()[1]
    assert preflight.owner_of(free) is None
    preflight.require_free("127.0.0.1", free, "etcd")


def test_only_listeners_count_in_the_kernels_table():
    table = (
        "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
        "   0: 0100007F:1388 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4711 1\n"
        "   1: 0100007F:1388 0100007F:9999 01 00000000:00000000 00:00000000 00000000     0        0 4712 1\n"
        "   2: 0100007F:1389 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4713 1\n"
    )
    assert preflight.listening_inodes(table, 5000) == ["4711"]


def test_an_ordinary_user_is_told_what_to_do(monkeypatch):
    monkeypatch.setattr(preflight.os, "geteuid", lambda: 1000)
    with pytest.raises(errors.MachineError, match=r"needs root(.|\n)*KUBECONFIG"):
        preflight.require_machine()


def test_another_system_is_told_what_to_do(monkeypatch):
    monkeypatch.setattr(preflight.sys, "platform", "darwin")
    with pytest.raises(errors.MachineError, match=r"not on darwin(.|\n)*KUBECONFIG"):
        preflight.require_machine()


def test_a_full_disk_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(preflight, "_NEEDED_GIB", 10**9)
    with pytest.raises(errors.MachineError, match="MODELSMITH_CLUSTER_DIR"):
        preflight._require_space(tmp_path / "not" / "made" / "yet")


def test_missing_programs_are_named_by_their_packages():
    wanted = {"no-such-program": "one", "sh": "two", "/no/such/file": "three"}
    assert debian.missing(wanted) == ["one", "three"]


def test_packages_are_only_installed_on_debian(monkeypatch):
    monkeypatch.setattr(debian.shutil, "which", lambda *_, **__: None)
    with pytest.raises(errors.MissingPackagesError, match=r"runc\. This is not Debian"):
        debian.install(["runc"])


def test_a_directory_with_other_things_in_it_is_never_taken(tmp_path, monkeypatch):
    monkeypatch.setenv("MODELSMITH_CLUSTER_DIR", str(tmp_path))
    (tmp_path / "thesis.txt").touch()
    with pytest.raises(errors.MachineError, match="MODELSMITH_CLUSTER_DIR"):
        preflight.claim_directory()
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_claimed_directory_stays_ours(tmp_path, monkeypatch):
    monkeypatch.setenv("MODELSMITH_CLUSTER_DIR", str(tmp_path / "new"))
    preflight.claim_directory()
    (tmp_path / "new" / "data").touch()
    preflight.claim_directory()
    assert (tmp_path / "new" / "data").exists()
