"""Look at a claim, or change something on it, from a pod with a few lines of Python, as its user would."""

import json

from e2e import kube, stocking

MOUNT = "/claim"
#: Makes every artifact look as if it had been there since yesterday: what is young is never collected.
AGE = """
import os, pathlib, time
yesterday = time.time() - 86400
for artifact in pathlib.Path("/claim/artifacts").iterdir():
    os.utime(artifact, (yesterday, yesterday))
"""
LIST = """
import json, pathlib
folder = pathlib.Path("/claim")
print(json.dumps({name: sorted(one.name for one in (folder / name).iterdir()) for name in ("artifacts", "plans")}))
"""


def age(namespace: kube.Namespace, claim: str, image: str) -> None:
    """Make what lies there old."""
    run(namespace, claim, image, AGE)


def digests(namespace: kube.Namespace, claim: str, image: str) -> set[str]:
    """The artifacts that lie there."""
    return {f"sha256:{name}" for name in json.loads(run(namespace, claim, image, LIST))["artifacts"]}


def run(namespace: kube.Namespace, claim: str, image: str, code: str) -> str:
    """What the code prints."""
    namespace.delete("pod", "looker")
    made = stocking.pod(claim, image)
    [container] = made["spec"]["containers"]
    made["metadata"]["name"] = "looker"
    made["spec"]["containers"] = [
        {**container, "command": ["python3", "-c", code], "volumeMounts": [{"name": "to", "mountPath": MOUNT}]}
    ]
    made["spec"]["volumes"] = [volume for volume in made["spec"]["volumes"] if volume["name"] == "to"]
    namespace.apply(made)
    namespace.kubectl("wait", "pod/looker", "--for=jsonpath={.status.phase}=Succeeded", "--timeout=120s", patience=130)
    printed = namespace.kubectl("logs", "looker")
    namespace.delete("pod", "looker")
    return printed
