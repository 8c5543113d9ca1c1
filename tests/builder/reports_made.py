"""Full reports as builds write them: the digits model, and the ways in which other reports differ from it."""

import math

from model_builder import contract

Name, Verdict, Metric = contract.CandidateName, contract.Verdict, contract.Metric
CPU = "Intel Xeon Platinum 8481C @ 2.70GHz (avx2, avx512_vnni, amx_int8)"
ROWS = 450
SLIPS = {(1, 8): 1, (3, 5): 1, (8, 1): 1, (9, 3): 1}


def digest(letter):
    return "sha256:" + letter * 64


def estimate(value, low, high):
    return contract.Estimate(value=value, low=low, high=high)


def histogram(median, spread=0.09, calls=2000):
    """Of calls whose logarithm is normal, with a few that the machine held up."""
    edges = [10 * 1.05**index for index in range(181)]
    middles = [math.log(edge) + math.log(1.05) / 2 for edge in edges[:-1]]
    weights = [math.exp(-(((middle - math.log(median)) / spread) ** 2) / 2) for middle in middles]
    counts = [round(calls * weight / sum(weights)) for weight in weights]
    late = next(index for index, edge in enumerate(edges) if edge > 6 * median)
    counts[late] += 3
    return contract.Histogram(edges=edges, counts=counts)


def latency(median, batch=1, calls=2000):
    made = histogram(median, calls=calls)
    return contract.Latency(
        batch=batch, calls=sum(made.counts), p50=median, p90=median * 1.13, p99=median * 1.29, histogram=made
    )


def speed(candidate=41.2, original=67.1, low=1.58, high=1.68):
    return contract.Speed(
        batch=1,
        rounds=20,
        ratio=estimate(original / candidate, low, high),
        candidate=latency(candidate),
        float_graph=latency(original),
        threads=1,
        cpu=CPU,
    )


def drop(value, low, high, **others):
    given = {"limit": 0.01, "mode": contract.Mode.ALONE, "worse": 1, "better": 1, **others}
    return contract.Drop(value=value, low=low, high=high, **given)


def figures():
    return {
        Metric.ACCURACY: estimate(0.9911, 0.9774, 0.9965),
        Metric.RECALL: estimate(0.9912, 0.9815, 0.9980),
        Metric.F1: estimate(0.9911, 0.9812, 0.9979),
    }


def drops():
    return {
        Metric.ACCURACY: drop(0.0, -0.0062, 0.0062),
        Metric.RECALL: drop(0.0003, -0.0060, 0.0066, limit=None, mode=contract.Mode.MIXED_BATCHES),
        Metric.F1: drop(-0.0002, -0.0064, 0.0060, limit=None, mode=contract.Mode.FULL_BATCH),
    }


def int8(**others):
    given = {
        "message": "accuracy 0.991 against 0.991 of the original: 0.0 points below, 1.0 allowed",
        "precision": "int8",
        "size": 99_612,
        "tensors": digest("b"),
        "metrics": figures(),
        "drops": drops(),
        "max_error": 0.46,
        "speed": speed(),
        **others,
    }
    return contract.CandidateReport(
        name=Name.INT8_STATIC,
        verdict=others.pop("verdict", Verdict.PASSED),
        **{key: value for key, value in given.items() if key != "verdict"},
    )


def none(**others):
    given = {
        "message": "the float graph answers as the original model does",
        "precision": "float32",
        "size": 369_038,
        "tensors": digest("c"),
        "metrics": figures(),
        "drops": {Metric.ACCURACY: drop(0.0, 0.0, 0.0, worse=0, better=0)},
        "max_error": 1.4e-6,
        **others,
    }
    return contract.CandidateReport(name=Name.NONE, verdict=Verdict.PASSED, **given)


def confusion(classes=10, rows=ROWS, slips=SLIPS):
    """Right answers spread evenly, but for some slips."""
    right = {
        (name, name): rows // classes - sum(n for (truth, _), n in slips.items() if truth == name)
        for name in range(classes)
    }
    cells = sorted({**right, **slips}.items())
    return [contract.ConfusionCell(truth=t, predicted=p, count=count) for (t, p), count in cells if count]


def digits(**others):
    """The digits example: int8Static passes at once."""
    given = {
        "plan_digest": digest("a"),
        "target": contract.Target(cpu=contract.Cpu.PORTABLE),
        "float_size": 369_038,
        "batchable": True,
        "notes": ["The int8 weights are reduced to 7 bits, so that sums of two products cannot saturate on any CPU."],
        "chosen": Name.INT8_STATIC,
        "candidates": [int8()],
        "baseline": figures(),
        "confusion": confusion(),
        "tolerance": {"logits": (0.012, 0.001)},
        "server": contract.ServerLatency(
            server="triton 2.51.0", backend="onnxruntime (model.py)", latency=latency(840.0, calls=500)
        ),
        "capacity": capacity(),
        "loads": loads(),
        "recipe": {
            "candidates": "int8Static, none (the first that passes)",
            "calibration": "train.npz, 300 rows, minMax",
            "evaluation": "test.npz, 450 rows: accuracy, recall, f1",
            "gate": "accuracy may fall by 1.0 point",
        },
        "files": {
            "digits.py": digest("1"),
            "digits.pt": digest("2"),
            "test.npz": digest("3"),
            "train.npz": digest("4"),
        },
        "samples": ROWS,
        "classes": 10,
        "versions": contract.Versions(
            modelsmith="0.1.0.dev0",
            libraries={
                "numpy": "2.4.2",
                "onnx": "1.23.2",
                "onnxruntime": "1.32.0",
                "onnxscript": "0.7.2",
                "onnxslim": "0.1.98",
                "safetensors": "0.8.1",
                "scipy": "1.17.1",
                "torch": "2.15.0",
            },
            triton="2.51.0",
        ),
        **others,
    }
    return contract.FullReport(**given)


def loads():
    """The first is of one request after another; the last gets hardly more done."""
    rates = {1: (100, 1190.0), 2: (2010, 2010.0), 4: (3490, 3490.0), 8: (5210, 5210.0), 16: (5330, 5330.0)}
    return [
        contract.ServerLoad(concurrency=count, requests=requests, requests_per_second=rate, latency=count / rate * 1e6)
        for count, (requests, rate) in rates.items()
    ]


def capacity(**others):
    """Of those loads."""
    given = {
        "requests_per_second": 5210.0,
        "concurrency": 8,
        "latency": 1536.0,
        "threads": 1,
        "max_batch": 32,
        "batch_seconds": 0.00614,
        **others,
    }
    return contract.ServerCapacity(**given)


def unevaluated():
    """No evaluation set: the float graph, held against the original's outputs."""
    return only_none(
        candidates=[none(metrics={}, drops={})],
        baseline={},
        confusion=[],
        samples=0,
        classes=0,
        server=None,
        capacity=None,
        loads=[],
        recipe={"candidates": "none", "evaluation": "no set was named"},
        notes=[],
    )


def only_none(**others):
    """Nothing but the float graph was asked for."""
    return digits(**{"chosen": Name.NONE, "candidates": [none()], **others})


def fallen():
    """Int8 fails its gate, half precision makes no sense, the float graph serves."""
    failed = int8(
        verdict=Verdict.FAILED,
        message="accuracy 0.969 against 0.991 of the original: 2.2 points below, 0.5 allowed, worst in mixed batches. "
        "Calibrate on more samples, try calibration.method: entropy, or raise gate.maxDrop.accuracy.",
        metrics={**figures(), Metric.ACCURACY: estimate(0.9689, 0.9485, 0.9814)},
        drops={
            Metric.ACCURACY: drop(
                0.0222, 0.0085, 0.0359, limit=0.005, worse=11, better=1, mode=contract.Mode.MIXED_BATCHES
            )
        },
        speed=None,
    )
    refused = contract.CandidateReport(
        name=Name.FP16,
        verdict=Verdict.REFUSED,
        message="on a CPU half precision is computed as float32 with casts around it: larger in work, never faster",
    )
    last = none(drops={Metric.ACCURACY: drop(0.0, 0.0, 0.0, limit=0.005, worse=0, better=0)})
    return digits(chosen=Name.NONE, candidates=[failed, refused, last])


def undecided():
    """A gate with a confidence that the samples cannot give, far beyond the limit on another metric."""
    judged = int8(
        verdict=Verdict.INCONCLUSIVE,
        message="the drop is 0.0 points, but with 95 % confidence only known to be below 1.2; 1,100 samples would tell",
        drops={
            Metric.ACCURACY: drop(0.0, -0.0062, 0.0062, limit=0.001, bound=0.0052),
            Metric.RECALL: drop(0.31, 0.28, 0.34, limit=0.01, bound=0.335, worse=140, better=1),
        },
    )
    kept = {
        Metric.ACCURACY: drop(0.0, 0.0, 0.0, limit=0.001, bound=0.0, worse=0, better=0),
        Metric.RECALL: drop(0.0, 0.0, 0.0, bound=0.0, worse=0, better=0),
    }
    return digits(chosen=Name.NONE, candidates=[judged, none(drops=kept)])


def on_gpu():
    """Half precision for a GPU that the build did not have."""
    half = contract.CandidateReport(
        name=Name.FP16,
        verdict=Verdict.PASSED,
        precision="float16",
        size=186_004,
        tensors=digest("d"),
        metrics=figures(),
        drops=drops(),
        max_error=0.0021,
    )
    return digits(chosen=Name.FP16, candidates=[half], target=contract.Target(gpu=contract.GpuTarget()), server=None)


def many_classes(classes=1000):
    """As many as ImageNet has, every one mistaken for some others."""
    slips = {
        (name, (name * 7 + 3 * times) % classes): 1 + name % (4 + times)
        for name in range(classes)
        for times in (1, 2)
        if name != (name * 7 + 3 * times) % classes
    }
    return digits(confusion=confusion(classes, 50 * classes, slips), samples=50 * classes, classes=classes)


def verbose():
    """Words of libraries: long, unbroken, and full of signs that mean something in HTML."""
    path = "/very/long/" + "path/" * 60
    message = f"<script>alert('x')</script> & \"quotes\" {path} " + "a sentence that goes on and on, " * 40
    return digits(
        candidates=[int8(message=message)],
        notes=[message, "<b>not bold</b>"],
        recipe={"<i>name</i>": message},
        files={f"{'folder/' * 20}weights.safetensors": digest("5")},
        tolerance={"a" * 63: (0.1, 0.2)},
        batchable=False,
    )


ALL = {
    "digits": digits,
    "unevaluated": unevaluated,
    "only_none": only_none,
    "fallen": fallen,
    "undecided": undecided,
    "on_gpu": on_gpu,
    "many_classes": many_classes,
    "verbose": verbose,
}
