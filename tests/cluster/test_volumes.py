"""A claim gets one volume, when its first pod is scheduled."""

import copy

import pytest

from cluster import volumes

CLAIM = {
    "metadata": {
        "name": "data",
        "namespace": "demo",
        "uid": "11-22",
        "annotations": {"volume.kubernetes.io/selected-node": "modelsmith"},
    },
    "spec": {
        "storageClassName": "modelsmith-local",
        "accessModes": ["ReadWriteMany"],
        "resources": {"requests": {"storage": "1Gi"}},
    },
}


class Cluster:
    """An API server that only knows claims and volumes."""

    def __init__(self, *claims):
        self.claims = list(claims)
        self.volumes = {}

    def items(self, path):
        return self.claims if path.endswith("claims") else list(self.volumes.values())

    def create(self, _, body):
        self.volumes[body["metadata"]["name"]] = body

    def delete(self, path):
        del self.volumes[path.rpartition("/")[2]]


def changed(**parts):
    claim = copy.deepcopy(CLAIM)
    for part, fields in parts.items():
        claim[part].update(fields)
    return claim


@pytest.mark.parametrize(
    ("claim", "wanted"),
    [
        (CLAIM, True),
        (changed(metadata={"annotations": {}}), False),
        (changed(spec={"storageClassName": "other"}), False),
        (changed(spec={"volumeName": "chosen"}), False),
        (changed(metadata={"deletionTimestamp": "now"}), False),
    ],
    ids=["ours", "no pod yet", "another class", "bound", "going away"],
)
def test_only_claims_that_wait_for_us_are_provisioned(claim, wanted):
    assert volumes.is_wanted(claim) is wanted


def test_a_claim_is_provisioned_once(tmp_path):
    cluster = Cluster(CLAIM)
    volumes.reconcile(cluster, tmp_path)
    first = dict(cluster.volumes)
    volumes.reconcile(cluster, tmp_path)
    assert cluster.volumes == first
    assert list(first) == ["pvc-11-22"]
    assert (tmp_path / "pvc-11-22").is_dir()


def test_the_volume_is_local_so_that_fsgroup_takes_effect(tmp_path):
    spec = volumes.volume_for(CLAIM, tmp_path)["spec"]
    assert spec["local"] == {"path": str(tmp_path / "pvc-11-22")}
    assert spec["accessModes"] == ["ReadWriteMany"]
    assert spec["claimRef"]["uid"] == "11-22"


def test_a_volume_given_back_is_deleted_with_its_data(tmp_path):
    cluster = Cluster(CLAIM)
    volumes.reconcile(cluster, tmp_path)
    (tmp_path / "pvc-11-22" / "file").touch()
    cluster.claims.clear()
    cluster.volumes["pvc-11-22"]["status"] = {"phase": "Released"}
    volumes.reconcile(cluster, tmp_path)
    assert cluster.volumes == {}
    assert list(tmp_path.iterdir()) == []


def test_a_retained_volume_stays(tmp_path):
    volume = volumes.volume_for(CLAIM, tmp_path)
    volume["status"] = {"phase": "Released"}
    volume["spec"]["persistentVolumeReclaimPolicy"] = "Retain"
    assert not volumes.is_given_back(volume)


def test_a_volume_of_somebody_else_stays(tmp_path):
    volume = volumes.volume_for(CLAIM, tmp_path)
    volume["status"] = {"phase": "Released"}
    del volume["metadata"]["annotations"]
    assert not volumes.is_given_back(volume)
