"""What holds for every spec, and for whatever a container writes into its termination message."""

import copy
import json

from hypothesis import given, settings
from hypothesis import strategies as st
from pure import making, restricted, worlds

from model_builder import contract
from model_operator import kinds, names
from model_operator.api import deployment, parsing
from model_operator.builds import reports

every = settings(max_examples=60)

words = st.text(st.characters(codec="utf-8"), max_size=80)
label = st.from_regex(r"\A[a-z0-9]([-a-z0-9]{0,20}[a-z0-9])?\Z")
path = st.from_regex(r"\A[A-Za-z0-9_][A-Za-z0-9_.\-]{0,20}(/[A-Za-z0-9_]{1,9}){0,2}\Z")
cpu = st.one_of(st.integers(1, 64), st.sampled_from(["250m", "1500m", "1000m", "0.5", "2"]))
memory = st.sampled_from(["512Mi", "1Gi", "1.5Gi", "2048Mi", "3G", "100000000", 4_000_000_000])
quantities = st.fixed_dictionaries({}, optional={"cpu": cpu, "memory": memory, "ephemeral-storage": memory})
resources = st.fixed_dictionaries({}, optional={"requests": quantities, "limits": quantities})
tensors = st.lists(
    st.fixed_dictionaries(
        {
            "name": st.from_regex(r"\A[A-Za-z_][A-Za-z0-9_]{0,10}\Z"),
            "dtype": st.sampled_from(["bool", "int64", "float16", "float32"]),
            "shape": st.lists(st.integers(-1, 4096), min_size=1, max_size=8),
        }
    ),
    min_size=1,
    max_size=4,
    unique_by=lambda one: one["name"],
)
model = st.fixed_dictionaries(
    {
        "source": st.one_of(
            st.just({"configMap": {"name": "digits-model"}}),
            st.fixed_dictionaries(
                {"pvc": st.fixed_dictionaries({"claimName": st.just("models")}, optional={"path": path})}
            ),
        ),
        "format": st.sampled_from(["stateDict", "safetensors"]),
        "weights": path,
        "architecture": st.just({"factory": "digits:build"}),
        "inputs": tensors,
    }
)
batching = st.integers(1, 4096).flatmap(
    lambda most: st.fixed_dictionaries(
        {"maxBatchSize": st.just(most), "preferredBatchSize": st.lists(st.integers(1, most), max_size=8)}
    )
)
hosts = st.lists(label.map("{}.example.com".format), min_size=1, max_size=3, unique=True)
ingress = st.fixed_dictionaries(
    {"host": hosts.map(lambda names: names[0])},
    optional={
        "className": label,
        "path": st.sampled_from(["/", "/v2/models/digits"]),
        "annotations": st.dictionaries(label, words, max_size=2),
        "tlsSecretName": label,
    },
)
gateway = st.fixed_dictionaries(
    {"parentRefs": st.just([{"name": "public", "namespace": "gateways"}]), "hostnames": hosts},
    optional={
        "grpcHostnames": hosts.map(lambda names: [f"grpc-{name}" for name in names]),
        "scheme": st.sampled_from(["http", "https"]),
    },
)
selector = st.fixed_dictionaries({}, optional={"matchLabels": st.dictionaries(label, label, max_size=2)})
peers = st.one_of(
    st.fixed_dictionaries({"podSelector": selector}, optional={"namespaceSelector": selector}),
    st.just({"ipBlock": {"cidr": "10.0.0.0/8", "except": ["10.1.0.0/16"]}}),
)
serving = st.fixed_dictionaries(
    {},
    optional={
        "replicas": st.integers(0, 1000),
        "gpu": st.fixed_dictionaries({}, optional={"count": st.integers(1, 64)}),
        "batching": batching,
        "instances": st.fixed_dictionaries({"count": st.integers(1, 64)}),
        "resources": resources,
        "nodeSelector": st.dictionaries(label, label, max_size=3),
        "tolerations": st.just([{"key": "a", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 0}]),
        "priorityClassName": label,
        "runtimeClassName": label,
        "image": st.just("reg/other:2"),
        "ingress": ingress,
        "gateway": gateway,
        "networkPolicy": st.fixed_dictionaries({}, optional={"from": st.lists(peers, max_size=3)}),
    },
)
data = st.fixed_dictionaries({"file": path})
parts = st.floats(0.0001, 1)
build = st.fixed_dictionaries(
    {},
    optional={
        "candidates": st.lists(st.sampled_from(["int8Static", "fp16", "none"]), min_size=1, unique=True),
        "target": st.sampled_from([{"cpu": "portable"}, {"cpu": "amx"}, {"gpu": {}}]),
        "calibration": st.fixed_dictionaries(
            {"data": data}, optional={"samples": st.integers(1, 100_000), "method": st.just("entropy")}
        ),
        "evaluation": st.fixed_dictionaries({"data": data}),
        "gate": st.fixed_dictionaries(
            {"maxDrop": st.dictionaries(st.sampled_from(["accuracy", "recall", "f1"]), parts, min_size=1)},
            optional={"confidence": st.floats(0.5, 0.999)},
        ),
        "resources": resources,
        "timeout": st.from_regex(r"\A[1-9][0-9]{0,2}(s|m|h)\Z"),
        "image": st.just("reg/b:2"),
        "queueName": label,
    },
)
oci = {"pushSecretName": label, "pullSecretName": label, "plainHttp": st.booleans()}
specs = st.fixed_dictionaries(
    {"model": model},
    optional={
        "build": build,
        "serving": serving,
        "suspend": st.booleans(),
        "artifact": st.fixed_dictionaries({}, optional={"size": memory, "claimName": label, "storageClassName": label})
        | st.fixed_dictionaries(
            {
                "store": st.just("oci"),
                "oci": st.fixed_dictionaries({"repository": st.just(making.REPOSITORY)}, optional=oci),
            }
        ),
    },
)
model_names = st.from_regex(r"\A[a-z]([-a-z0-9]{0,38}[a-z0-9])?\Z")


def world_of(name, spec):
    world = making.world()
    world.drop(world.find(kinds.MODEL_DEPLOYMENT))
    sets = [spec.get("build", {}).get(name) for name in ("calibration", "evaluation")]
    files = [spec["model"]["weights"], *(one["data"]["file"] for one in sets if one)]
    world.config_map(files={**worlds.DIGITS, **dict.fromkeys(files, "content")})
    manifest = making.model_deployment(name)
    manifest["spec"] = spec
    world.put(manifest)
    return world


def play(world, name):
    """As far as it goes: refused, suspended, or served."""
    status = world.reconcile(name)
    if not world.all(kinds.MODEL_BUILD) or worlds.brief(status)["Accepted"].startswith("False"):
        return status
    world.reconcile_build()
    if world.all(kinds.JOB):
        making.build_well(world)
        world.reconcile(name)
    if world.all(kinds.DEPLOYMENT):
        making.roll(world, name)
        world.reconcile(name)
    return world.reconcile(name)


@every
@given(name=model_names, spec=specs)
def test_any_spec_is_carried_out_or_refused_and_then_at_rest(name, spec):
    parsed, problem = parsing.spec(deployment.ModelDeploymentSpec, {"spec": spec})
    assert parsed, problem
    world = world_of(name, spec)
    status = play(world, name)
    found = worlds.brief(status)
    good = found["Ready"] in {"True/Serving", "True/ScaledToZero"}
    contradictory = {"NoInt8OnThisRuntime", "EvaluationMissing", "CalibrationMissing", "ResourcesContradictory"}
    known = {"False/Suspended", *(f"False/{reason}" for reason in contradictory)}
    assert good or found["Ready"] in known
    before = copy.deepcopy(world.objects)
    world.reconcile(name)
    assert world.objects == before
    assert world.decision.events == ()


@every
@given(name=model_names, spec=specs)
def test_every_name_fits_and_every_pod_is_restricted(name, spec):
    world = world_of(name, spec)
    play(world, name)
    for key, manifest in world.objects.items():
        assert len(key.name) <= 63 or key.name in making.GIVEN
        labels = manifest["metadata"].get("labels", {})
        assert all(len(value) <= 63 for value in labels.values())
        pod = manifest.get("spec", {}).get("template", {}).get("spec")
        assert pod is None or restricted.violations(pod) == []


@every
@given(name=model_names, spec=specs, changed=specs)
def test_whoever_decides_from_the_same_decides_the_same(name, spec, changed):
    one, other = world_of(name, spec), world_of(name, spec)
    play(one, name), play(other, name)
    for world in (one, other):
        world.find(kinds.MODEL_DEPLOYMENT)["spec"] = copy.deepcopy(changed)
        world.find(kinds.MODEL_DEPLOYMENT)["metadata"]["generation"] += 1
        world.reconcile(name)
    assert one.objects == other.objects


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=8,
)
figures = st.fixed_dictionaries({"value": st.floats(), "low": st.floats(), "high": st.floats()})
capacities = st.fixed_dictionaries(
    {
        "requestsPerSecond": st.floats(),
        "concurrency": st.integers(),
        "latency": st.floats(),
        "threads": st.integers(),
        "maxBatch": st.integers(-(10**400), 10**400),
        "batchSeconds": st.floats(),
    }
)
rungs = st.fixed_dictionaries(
    {
        "candidate": st.sampled_from(["int8Static", "fp16", "none"]),
        "verdict": st.sampled_from(["passed", "failed", "inconclusive", "refused"]),
        "message": words | st.just("\N{GRINNING FACE}" * 90),
    }
)
almost_reports = st.fixed_dictionaries(
    {"step": st.sampled_from(["publish", "convert", 7, None])},
    optional={
        "artifact": json_values | st.just(making.ARTIFACT),
        "plan": json_values | st.just(making.PLAN),
        "failure": json_values | st.fixed_dictionaries({"reason": st.just("InternalError"), "message": words}),
        "size": json_values | st.integers(0, 10**400),
        "precision": json_values | words,
        "metrics": json_values | st.dictionaries(st.just("accuracy"), figures),
        "cacheHit": json_values,
        "reference": json_values | words,
        "candidates": json_values | st.lists(rungs, max_size=12),
        "floatSize": json_values | st.integers(0, 10**400),
        "speedup": json_values | figures,
        "capacity": json_values | capacities,
    },
)
long = st.sampled_from(["[" * 4000, "x" * 9000, "\N{GRINNING FACE}" * 1000])
messages = words | json_values.map(json.dumps) | almost_reports.map(json.dumps) | long


@settings(every, max_examples=200)
@given(message=messages, code=st.sampled_from([0, 1, 64, 65, 70, 75, 137, 255]), publish=st.booleans())
def test_whatever_a_container_says_is_at_most_shown(message, code, publish):
    world = making.world()
    making.start_build(world)
    step = "publish" if publish else "convert"
    phase, end = ("Succeeded", "Complete") if code == 0 else ("Failed", "Failed")
    making.job_pod(world, phase, making.terminated(step, code, message))
    making.end_job(world, end)
    status = world.reconcile_build()
    assert len(json.dumps(status).encode()) < 8_000
    assert all(one["message"].isprintable() for one in status["conditions"])
    artifact = status.get("artifact", {}).get("digest")
    assert artifact in (None, making.ARTIFACT)
    assert artifact is None or (publish and code == 0)


@every
@given(message=words | json_values.map(json.dumps) | long)
def test_whatever_compose_says_is_at_most_shown(message):
    world = making.serving()
    making.roll(world, ready=0)
    ended = {"terminated": {"exitCode": 1, "message": message}}
    making.server_pod(world, {"name": names.COMPOSE, "state": {"waiting": {}}, "lastState": ended})
    status = world.reconcile()
    assert worlds.brief(status)["Ready"] == "False/ComposeFailed"
    assert len(json.dumps(status).encode()) < 16_000


def test_a_report_longer_than_kubernetes_keeps_is_none():
    told = contract.Report(step=contract.Step.PUBLISH, precision="x" * 5000)
    assert reports.read(told.model_dump_json(by_alias=True)) is None
