"""`python3 hack/demo`: run every step; `--clean` takes the demo out of the cluster."""

import argparse
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

# Started by its directory, Python has put that directory on the path; its parent belongs there.
sys.path[0] = str(Path(__file__).resolve().parent.parent)

from cluster import errors as cluster_errors  # noqa: E402
from demo import cleaning, clusters, errors, steps  # noqa: E402

GO_ON = f"""
That was a checkpoint: built, quantized, held against the original model, and served by Triton. To go on:

  kubectl -n {steps.NAMESPACE} describe mdep {steps.NAME}
      what was found, and each thing that happened
  kubectl -n {steps.NAMESPACE} patch mdep {steps.NAME} --type=merge \\
      -p '{{"spec": {{"serving": {{"batching": {{"maxQueueDelayMicroseconds": 500}}}}}}}}'
      other batching: a new revision of the server, and nothing is built
  kubectl -n {steps.NAMESPACE} apply -f examples/digits-gpu/modeldeployment.yaml
      the same model on a GPU, in fp16 (its README says what is pretended on the embedded cluster)
  examples/digits/README.md
      from here to a model of your own

  make demo-clean      takes the demo out of the cluster"""
EMBEDDED = """\
  make cluster-down    stops the embedded cluster; make cluster-purge also deletes its data

kubectl and helm of the embedded cluster: eval "$(python3 hack/cluster env)\""""


def main() -> int:
    """0 only when the served model gave the right answer (or all was cleaned)."""
    parser = argparse.ArgumentParser(prog="python3 hack/demo", description=__doc__)
    parser.add_argument("--clean", action="store_true", help="take the demo out of the cluster")
    options = parser.parse_args()
    try:
        cluster = clusters.choose(os.environ)
        return cleaning.clean(cluster) if options.clean else run(cluster)
    except (errors.DemoError, cluster_errors.ClusterError) as error:
        print(f"\nThe demo failed: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\ninterrupted; `make demo` goes on where it was", file=sys.stderr)
        return 130


def run(cluster: clusters.Cluster) -> int:
    """Every step, with its time."""
    demo = steps.Demo(cluster)
    times = [
        timed(f"[{number}/{len(steps.ALL)}] {heading}", step, demo)
        for number, (heading, step) in enumerate(steps.ALL, 1)
    ]
    print(f"\nFrom start to prediction: {sum(times):.0f} s")
    print(GO_ON)
    if cluster.embedded:
        print(EMBEDDED)
    return 0


def timed(heading: str, step: Callable[[steps.Demo], None], demo: steps.Demo) -> float:
    """One step, between its heading and its time; returns the seconds."""
    print(heading, flush=True)
    started = time.monotonic()
    step(demo)
    seconds = time.monotonic() - started
    print(f"      {seconds:.1f} s", flush=True)
    return seconds


if __name__ == "__main__":
    sys.exit(main())
