"""What is ours is told apart from what is not."""

from pathlib import Path

import pytest

from cluster import leftovers, network, starting, traces

OURS = ["/var/lib/modelsmith-cluster", "/run/modelsmith-cluster"]


@pytest.mark.parametrize(
    ("state", "decision"),
    [
        ({"same_boot": True, "recorded": True, "found": True}, starting.Takeover.CONTINUE),
        ({"same_boot": True, "recorded": False, "found": True}, starting.Takeover.SWEEP),
        ({"same_boot": False, "recorded": True, "found": True}, starting.Takeover.SWEEP),
        ({"same_boot": False, "recorded": False, "found": False}, starting.Takeover.NOTHING),
    ],
    ids=["crash: containerd finds its containers", "records lost", "rebooted", "first time"],
)
def test_what_an_earlier_run_left_decides_how_to_begin(state, decision):
    assert starting.takeover(**state) is decision


@pytest.mark.parametrize(
    ("argv", "ours"),
    [
        (["/c/etcd", "--data-dir=/var/lib/modelsmith-cluster/etcd"], True),
        (["/c/containerd-shim-runc-v2", "-address", "/run/modelsmith-cluster/containerd.sock"], True),
        (["/usr/bin/etcd", "--data-dir=/var/lib/etcd"], False),
        (["/usr/bin/python3", "/c/cluster", "caretake", "/run/modelsmith-cluster/ready"], True),
        (["tail", "-f", "/var/lib/modelsmith-cluster/logs/etcd.log"], False),
        (["kubectl", "--kubeconfig=/var/lib/modelsmith-cluster/kubeconfig", "get", "pods"], False),
        ([], False),
    ],
)
def test_a_daemon_is_ours_by_its_name_and_our_directories(argv, ours):
    assert leftovers.is_helper(argv, OURS) is ours


def test_mounts_are_taken_away_from_the_inside_out():
    mountinfo = (
        "1 0 8:1 / / rw - ext4 /dev/a rw\n"
        "2 1 0:5 / /run/modelsmith-cluster/a rw - overlay overlay rw\n"
        "3 2 0:6 / /run/modelsmith-cluster/a/b\\040c rw - tmpfs tmpfs rw\n"
        "4 1 0:7 / /run/modelsmith-cluster-of-others rw - tmpfs tmpfs rw\n"
    )
    assert leftovers.mounts(mountinfo, [Path("/run/modelsmith-cluster")]) == [
        Path("/run/modelsmith-cluster/a/b c"),
        Path("/run/modelsmith-cluster/a"),
    ]


def test_only_our_packet_rules_are_removed():
    saved = """\
*nat
:PREROUTING ACCEPT [0:0]
:DOCKER - [0:0]
:KUBE-SERVICES - [0:0]
-A PREROUTING -m comment --comment "service portals" -j KUBE-SERVICES
-A PREROUTING -j DOCKER
-A KUBE-SERVICES -d 10.96.0.1/32 -j KUBE-SVC-X
-A POSTROUTING -s 10.88.0.0/16 -m comment --comment "modelsmith pods" -j MASQUERADE
COMMIT
"""
    assert network.removal(saved, "nat").splitlines() == [
        "*nat",
        ":KUBE-SERVICES - [0:0]",
        '-D PREROUTING -m comment --comment "service portals" -j KUBE-SERVICES',
        '-D POSTROUTING -s 10.88.0.0/16 -m comment --comment "modelsmith pods" -j MASQUERADE',
        "-X KUBE-SERVICES",
        "COMMIT",
    ]


def test_a_table_without_our_rules_is_left_alone():
    assert network.removal("*filter\n:INPUT ACCEPT [0:0]\nCOMMIT\n", "filter") == ""


def test_nothing_left_counts_as_nothing():
    nothing = leftovers.Leftovers([], [], [], [], [], [])
    assert not nothing
    assert leftovers.Leftovers([7], [], [], [], ["modelsmith0"], []).describe() == "1 containers, 1 interfaces"


def test_the_network_librarys_notes_of_other_pods_stay():
    names = ["modelsmith-aa11-eth0", "cni-loopback-aa11-lo", "cni-loopback-bb22-lo", "other-bb22-eth0"]
    assert traces.network_results(names) == ["modelsmith-aa11-eth0", "cni-loopback-aa11-lo"]
