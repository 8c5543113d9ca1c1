"""Properties of every pod that we make, whatever is asked."""

import json

import pytest
from pure import making, restricted

from model_operator import kinds, names
from model_operator.api import quantities
from model_operator.deployments.manifests import parts
from model_serving import flags

SPECS = {
    "smallest": {},
    "in a registry": {"artifact": making.REGISTRY, "build": making.LADDER},
    "in a registry without image volumes": {
        "artifact": {"store": "oci", "oci": {**making.REGISTRY["oci"], "plainHttp": True}},
        "version": (1, 34),
    },
    "on a claim": {"model": {**making.spec()["model"], "source": {"pvc": {"claimName": "models", "path": "a/b"}}}},
    "reached from outside": {
        "serving": {
            "ingress": {
                "host": "models.example.com",
                "className": "nginx",
                "path": "/v2/models/digits",
                "annotations": {"nginx.ingress.kubernetes.io/proxy-body-size": "64m"},
                "tlsSecretName": "models-tls",
            },
            "gateway": {
                "parentRefs": [{"name": "public", "namespace": "gateways", "sectionName": "https"}],
                "hostnames": ["digits.example.com"],
                "grpcHostnames": ["digits-grpc.example.com"],
            },
            "networkPolicy": {
                "from": [
                    {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "gateways"}}},
                    {"podSelector": {"matchExpressions": [{"key": "app", "operator": "In", "values": ["a", "b"]}]}},
                    {"ipBlock": {"cidr": "10.0.0.0/8", "except": ["10.1.0.0/16"]}},
                ]
            },
        }
    },
    "on a slice of a GPU and with a podTemplate": {
        "build": {"target": {"cpu": "vnni"}},
        "serving": {
            "gpu": {"product": "NVIDIA-A100-SXM4-80GB", "mig": {"profile": "1g.10gb"}},
            "shmSize": "1Gi",
            "podTemplate": {
                "metadata": {"annotations": {"example.com/scrape": "yes"}},
                "spec": {
                    "terminationGracePeriodSeconds": 120,
                    "containers": [
                        {
                            "name": "mirror",
                            "image": "reg/mirror:1",
                            "resources": {"requests": {"cpu": "50m", "memory": "64Mi"}, "limits": {"memory": "512Mi"}},
                            "securityContext": {
                                "allowPrivilegeEscalation": False,
                                "capabilities": {"drop": ["ALL"]},
                                "readOnlyRootFilesystem": True,
                            },
                            "volumeMounts": [{"name": "scratch", "mountPath": "/tmp"}],
                        },
                        {"name": "triton", "env": [{"name": "EXTRA", "value": "1"}]},
                    ],
                    "volumes": [{"name": "scratch", "emptyDir": {"sizeLimit": "1Gi"}}],
                },
            },
        },
    },
    "with settings of Triton": {"serving": making.TUNED},
    "by the load": {"serving": {"replicas": 2, "autoscaling": {"maxReplicas": 6}}},
    "by the load with KEDA": {
        "serving": {
            "autoscaling": {
                "engine": "keda",
                "minReplicas": 0,
                "maxReplicas": 6,
                "pendingRequests": {},
                "queries": [{"query": "sum(rate(gateway_requests_total[1m]))", "target": "200", "activation": "0"}],
            }
        }
    },
    "with GPUs and everything": {
        "build": {"resources": {"limits": {"cpu": "4", "memory": "16Gi"}}, "timeout": "30m"},
        "serving": {
            "replicas": 2,
            "gpu": {"count": 2},
            "nodeSelector": {"nvidia.com/gpu.product": "A100"},
            "tolerations": [{"key": "nvidia.com/gpu", "operator": "Exists"}],
            "priorityClassName": "high",
            "runtimeClassName": "nvidia",
            "resources": {"limits": {"memory": "24Gi"}},
            "batching": {"maxBatchSize": 64, "preferredBatchSize": [16, 32]},
            "instances": {"count": 2},
        },
    },
}


def pods():
    for name, asked in SPECS.items():
        world = making.world(**asked)
        making.start_build(world)
        yield f"build: {name}", world.find(kinds.JOB)["spec"]["template"]["spec"]
        making.build_well(world)
        world.reconcile()
        yield f"server: {name}", world.find(kinds.DEPLOYMENT)["spec"]["template"]["spec"]


PODS = dict(pods())
every_pod = pytest.mark.parametrize("pod", PODS.values(), ids=PODS)


def containers(pod):
    return {one["name"]: one for one in [*pod["initContainers"], *pod["containers"]]}


@every_pod
def test_pods_satisfy_the_restricted_standard(pod):
    assert restricted.violations(pod) == []


@every_pod
def test_no_container_can_write_its_root_or_reach_the_api(pod):
    assert pod["automountServiceAccountToken"] is False
    assert pod["enableServiceLinks"] is False
    assert all(one["securityContext"]["readOnlyRootFilesystem"] for one in containers(pod).values())


@every_pod
def test_every_container_says_what_it_needs_and_may_use(pod):
    for name, one in containers(pod).items():
        resources = one["resources"]
        assert {"cpu", "memory"} <= resources["requests"].keys(), name
        assert "memory" in resources["limits"], name
        for resource, limit in resources["limits"].items():
            request = resources["requests"].get(resource, "0")
            assert quantities.value(request) <= quantities.value(limit), (name, resource)


@every_pod
def test_a_user_without_a_group_would_run_as_group_zero(pod):
    for context in (pod["securityContext"], *(one["securityContext"] for one in containers(pod).values())):
        assert ("runAsUser" in context) == ("runAsGroup" in context)


@every_pod
def test_every_mount_has_a_volume_and_every_volume_a_mount(pod):
    mounted = {mount["name"] for one in containers(pod).values() for mount in one["volumeMounts"]}
    assert mounted == {volume["name"] for volume in pod["volumes"]}


@every_pod
def test_no_tmp_is_shared(pod):
    temporary = [m["name"] for one in containers(pod).values() for m in one["volumeMounts"] if m["mountPath"] == "/tmp"]
    assert len(temporary) == len(set(temporary)) == len(containers(pod))


def writers(pod, volume):
    return [
        name
        for name, one in containers(pod).items()
        for mount in one["volumeMounts"]
        if mount["name"] == volume and not mount.get("readOnly")
    ]


def readers(pod, volume):
    return [name for name, one in containers(pod).items() if volume in {m["name"] for m in one["volumeMounts"]}]


def test_each_volume_of_a_build_is_written_by_its_step_alone():
    pod = PODS["build: smallest"]
    assert {volume: writers(pod, volume) for volume in ("fetched", "converted", "optimized", "store", "source")} == {
        "fetched": ["fetch"],
        "converted": ["convert"],
        "optimized": ["optimize"],
        "store": ["publish"],
        "source": [],
    }


def test_the_models_code_meets_neither_source_nor_store_and_is_another_user():
    pod = PODS["build: smallest"]
    assert "convert" not in {*readers(pod, "source"), *readers(pod, "store")}
    users = {name: one["securityContext"].get("runAsUser", 65532) for name, one in containers(pod).items()}
    assert [name for name, user in users.items() if user != 65532] == ["convert"]


def test_a_builds_server_listens_to_its_own_pod_only_and_stands_before_optimize():
    pod = PODS["build: smallest"]
    order = [one["name"] for one in pod["initContainers"]]
    assert order == ["fetch", "convert", "triton", "optimize"]
    server = containers(pod)["triton"]
    assert server["restartPolicy"] == "Always"
    assert "--http-address=127.0.0.1" in server["args"]


def test_the_deadline_is_the_pods():
    assert PODS["build: smallest"]["activeDeadlineSeconds"] == 3600
    assert PODS["build: with GPUs and everything"]["activeDeadlineSeconds"] == 1800


def test_final_exit_codes_end_the_job_and_name_the_steps_alone():
    world = making.world()
    making.start_build(world)
    rules = world.find(kinds.JOB)["spec"]["podFailurePolicy"]["rules"]
    assert rules[0]["action"] == "Ignore"
    assert [rule["onExitCodes"]["containerName"] for rule in rules[1:]] == making.STEPS
    assert all(rule["onExitCodes"]["values"] == [64, 65, 70, 137, 143] for rule in rules[1:])


def test_a_server_sees_its_artifact_and_not_its_neighbours():
    pod = PODS["server: smallest"]
    for one in containers(pod).values():
        mounts = [mount for mount in one["volumeMounts"] if mount["name"] == "artifacts"]
        assert [(m["subPath"], m["readOnly"]) for m in mounts] == [("artifacts/" + "a" * 64, True)]


def test_a_server_has_time_to_finish_what_it_began():
    pod = PODS["server: smallest"]
    pre_stop = containers(pod)["triton"]["lifecycle"]["preStop"]["sleep"]["seconds"]
    assert pod["terminationGracePeriodSeconds"] > pre_stop + flags.EXIT_TIMEOUT_SECONDS


def test_gpus_are_a_limit_of_triton_alone():
    pod = PODS["server: with GPUs and everything"]
    asked = {name: one["resources"]["limits"].get(names.GPU_RESOURCE) for name, one in containers(pod).items()}
    assert asked == {"compose": None, "sentinel": None, "triton": "2"}


def test_the_probes_ask_the_sentinel():
    triton = containers(PODS["server: smallest"])["triton"]
    paths = {name: triton[name]["httpGet"]["path"] for name in ("startupProbe", "readinessProbe")}
    assert paths == {"startupProbe": "/startupz", "readinessProbe": "/readyz"}
    assert {triton[name]["httpGet"]["port"] for name in paths} == {9000}
    assert triton["livenessProbe"]["exec"]["command"] == ["bash", "-c", parts.LIVE]


def test_the_certificate_is_for_triton_alone_and_read_by_the_group():
    pod = PODS["server: with settings of Triton"]
    assert readers(pod, "certificate") == ["triton"]
    assert writers(pod, "certificate") == []
    [secret] = [volume["secret"] for volume in pod["volumes"] if volume["name"] == "certificate"]
    assert (secret["secretName"], oct(secret["defaultMode"])) == ("digits-tls", "0o440")
    assert [item["key"] for item in secret["items"]] == ["tls.crt", "tls.key", "ca.crt"]
    assert "certificate" not in {volume["name"] for volume in PODS["server: smallest"]["volumes"]}


def test_samples_lie_in_memory_and_go_from_triton_to_the_sentinel():
    pod = PODS["server: with settings of Triton"]
    assert sorted(writers(pod, "samples")) == ["sentinel", "triton"]
    [samples] = [volume["emptyDir"] for volume in pod["volumes"] if volume["name"] == "samples"]
    assert samples == {"medium": "Memory", "sizeLimit": "64Mi"}
    triton = containers(pod)["triton"]
    assert "--trace-config=rate=200" in triton["args"]
    assert triton["resources"]["limits"]["memory"] == "2112Mi", "what lies there is Triton's memory"
    assert "samples" not in {volume["name"] for volume in PODS["server: smallest"]["volumes"]}


#: Fields that the first serving image knows: it refuses others.
FIRST = {"modelName", "artifact", "batching", "instances", "gpus"}


def test_settings_that_ask_for_nothing_new_are_understood_by_the_first_image():
    for name, pod in PODS.items():
        for one in (containers(pod)["compose"], containers(pod)["sentinel"]) if name.startswith("server: ") else ():
            variables = {variable["name"]: variable["value"] for variable in one["env"]}
            said = json.loads(variables["MODELSMITH_SETTINGS"]).keys()
            new = {"modelConfig", "responseCacheBytes", "sampleEvery", "tls"} if "Triton" in name else set()
            assert said == FIRST | new, name


def test_no_variable_of_a_container_gets_into_a_setting():
    overlay = {"parameters": {"a": {"string_value": "$(HOME) $$"}}}
    world = making.serving(serving={"modelConfig": overlay})
    one = containers(world.find(kinds.DEPLOYMENT)["spec"]["template"]["spec"])["compose"]
    assert '"$$(HOME) $$$$"' in one["env"][0]["value"], "as the kubelet reads it: $(HOME) $$"


def test_threads_are_told_beside_the_settings():
    told = {v["name"]: v["value"] for v in containers(PODS["server: with settings of Triton"])["compose"]["env"]}
    assert told["MODELSMITH_THREADS"] == "3"


def test_encrypted_servers_offer_no_http():
    triton = containers(PODS["server: with settings of Triton"])["triton"]
    assert [port["name"] for port in triton["ports"]] == ["grpc", "metrics"]
    assert {"--http-address=127.0.0.1", "--grpc-address=0.0.0.0", "--metrics-address=0.0.0.0"} <= {*triton["args"]}
    assert "--grpc-use-ssl-mutual=true" in triton["args"]


def test_ports_have_one_name_each():
    for pod in PODS.values():
        ports = [port["name"] for one in containers(pod).values() for port in one.get("ports", [])]
        assert len(ports) == len(set(ports))
