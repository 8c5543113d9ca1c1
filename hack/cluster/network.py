"""The bridge of the pods, the kernel's settings for it, and the packet rules."""

from __future__ import annotations

import ipaddress
import json
from pathlib import Path

from cluster import commands, errors, layout

_COMMENT = "modelsmith pods"
_MASQUERADE = (
    "POSTROUTING", "-s", layout.POD_RANGE, "!", "-d", layout.POD_RANGE,
    "-m", "comment", "--comment", _COMMENT, "-j", "MASQUERADE",
)  # fmt: skip
_SETTINGS = {
    "net/ipv4/ip_forward": "1",
    # The answer of a pod to its neighbour has to pass the rules that rename it
    # back into the cluster IP, although it never leaves the bridge.
    "net/bridge/bridge-nf-call-iptables": "1",
}
_SYSTEM = Path("/proc/sys")


def prepare() -> None:
    """Have the bridge with its address, forwarding, and a way out for the pods."""
    commands.succeeds("modprobe", "-a", "br_netfilter", "overlay")  # often built in
    _prepare_settings()
    if not Path("/sys/class/net", layout.BRIDGE).exists():
        commands.run("ip", "link", "add", layout.BRIDGE, "type", "bridge")
    prefix = ipaddress.ip_network(layout.POD_RANGE).prefixlen
    address = f"{layout.BRIDGE_ADDRESS}/{prefix}"
    commands.run("ip", "address", "replace", address, "dev", layout.BRIDGE)
    commands.run("ip", "link", "set", layout.BRIDGE, "up")
    if not commands.succeeds("iptables", "-w", "-t", "nat", "-C", *_MASQUERADE):
        commands.run("iptables", "-w", "-t", "nat", "-A", *_MASQUERADE)
    _accept_forwarding()


def remove() -> None:
    """Take all of it away again."""
    for program in ("iptables", "ip6tables"):
        for table in ("filter", "nat", "mangle"):
            _remove_rules(program, table)
    if Path("/sys/class/net", layout.BRIDGE).exists():
        commands.run("ip", "link", "delete", layout.BRIDGE)
    _restore_settings()


def removal(saved: str, table: str) -> str:
    """Return the iptables-restore input that deletes our rules and chains.

    `saved` is what iptables-save printed for the table. Ours are the chains of
    kube-proxy and the kubelet, every rule that jumps to one, and the rules with
    our comment.
    """
    chains = [line[1:].split()[0] for line in saved.splitlines() if line.startswith(":KUBE-")]
    rules = [
        line.replace("-A ", "-D ", 1)
        for line in saved.splitlines()
        if line.startswith("-A ") and not line.startswith("-A KUBE-") and (" KUBE-" in line or _COMMENT in line)
    ]
    if not chains and not rules:
        return ""
    flushed = [f":{chain} - [0:0]" for chain in chains]
    deleted = [f"-X {chain}" for chain in chains]
    return "\n".join([f"*{table}", *flushed, *rules, *deleted, "COMMIT", ""])


def owned_rules() -> list[str]:
    """Return our rules and chains that are in place."""
    found: list[str] = []
    for program in ("iptables", "ip6tables"):
        for table in ("filter", "nat", "mangle"):
            found += removal(_saved(program, table), table).splitlines()[1:-1]
    return found


def _accept_forwarding() -> None:
    # Where something else (Docker, a firewall) drops forwarded packets.
    for direction in ("-i", "-o"):
        rule = ("FORWARD", direction, layout.BRIDGE, "-m", "comment", "--comment", _COMMENT)
        if not commands.succeeds("iptables", "-w", "-C", *rule, "-j", "ACCEPT"):
            commands.run("iptables", "-w", "-A", *rule, "-j", "ACCEPT")


def _remove_rules(program: str, table: str) -> None:
    text = removal(_saved(program, table), table)
    if text:
        commands.run(f"{program}-restore", "-w", "--noflush", stdin=text)


def _saved(program: str, table: str) -> str:
    try:
        return commands.run(f"{program}-save", "-t", table)
    except errors.CommandError:
        return ""  # no such table in this kernel: nothing of ours in it


def _prepare_settings() -> None:
    before = {name: _read(name) for name in _SETTINGS}
    record = _settings_record()
    if not record.exists():
        record.parent.mkdir(parents=True, exist_ok=True)
        record.write_text(json.dumps(before))
    for name, value in _SETTINGS.items():
        if before[name] not in {None, value}:
            (_SYSTEM / name).write_text(value)


def _restore_settings() -> None:
    record = _settings_record()
    if not record.exists():
        return
    for name, value in json.loads(record.read_text()).items():
        if value is not None and _read(name) != value:
            (_SYSTEM / name).write_text(value)
    record.unlink()


def _settings_record() -> Path:
    return layout.directory() / "run" / "settings-before"


def _read(name: str) -> str | None:
    path = _SYSTEM / name
    return path.read_text().strip() if path.exists() else None
