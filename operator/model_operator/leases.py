"""A Lease (coordination.k8s.io/v1) as a candidate writes it.

Its times are for people: nobody decides by another's clock.
"""

import datetime as dt

from model_operator import kinds


def holder(lease: kinds.Manifest | None) -> str:
    """Who holds it; empty when nobody does."""
    return str(spec(lease).get("holderIdentity") or "")


def spec(lease: kinds.Manifest | None) -> kinds.Manifest:
    """What it says; empty when there is none. Equal as long as nobody took, renewed or released it."""
    found: kinds.Manifest = (lease or {}).get("spec") or {}
    return found


def duration(lease: kinds.Manifest | None) -> float:
    """Seconds for which its holder may rely on it after a renewal."""
    return float(spec(lease).get("leaseDurationSeconds") or 0)


def taken(
    lease: kinds.Manifest | None, key: kinds.Key, identity: str, seconds: float, now: dt.datetime
) -> kinds.Manifest:
    """With another holder; made when there is none."""
    made = {
        "apiVersion": kinds.LEASE.api_version,
        "kind": kinds.LEASE.kind,
        "metadata": {"name": key.name, "namespace": key.namespace},
    }
    term = {
        "holderIdentity": identity,
        "leaseDurationSeconds": int(seconds),
        "acquireTime": _text(now),
        "renewTime": _text(now),
        "leaseTransitions": 0 if lease is None else int(spec(lease).get("leaseTransitions") or 0) + 1,
    }
    return {**(lease or made), "spec": {**spec(lease), **term}}


def renewed(lease: kinds.Manifest, now: dt.datetime) -> kinds.Manifest:
    """As its holder says every few seconds that it is there."""
    return {**lease, "spec": {**spec(lease), "renewTime": _text(now)}}


def released(lease: kinds.Manifest, now: dt.datetime) -> kinds.Manifest:
    """Free to take; the API server wants a duration above nought."""
    return {**lease, "spec": {**renewed(lease, now)["spec"], "holderIdentity": "", "leaseDurationSeconds": 1}}


def _text(now: dt.datetime) -> str:
    """Kubernetes' MicroTime, in UTC."""
    return now.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
