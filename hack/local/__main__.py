"""`python hack/local`, by the Python of the environment dev: train the example where it is not, then `modelsmith run`.

With --once it asks the served model about one digit, sends Ctrl-C, and ends: 0 when the answer was right and the server
left in order.
"""

import argparse
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

# Started by its directory, Python has put that directory on the path; its parent belongs there.
sys.path[0] = str(Path(__file__).resolve().parent.parent)

import environment  # noqa: E402
from demo import asking, steps  # noqa: E402

ROOT = environment.ROOT
MODEL = ROOT / steps.MODEL
MODELSMITH = [sys.executable, "-m", "modelsmith"]
RUN = ["run", "-f", f"{steps.EXAMPLE}/modeldeployment.yaml", "--source", steps.MODEL]
#: Where `modelsmith run` looks for the development server.
TRITON = "MODELSMITH_TRITON_PYTHON"
#: In what `modelsmith run` says once it serves.
ADDRESS = re.compile(r"predict --url (\S+)")


def main() -> int:
    """The example, served."""
    parser = argparse.ArgumentParser(prog="python hack/local", description=__doc__)
    parser.add_argument("--once", action="store_true", help="ask one question and end")
    options = parser.parse_args()
    os.chdir(ROOT)
    os.environ["PYTHONPATH"] = os.pathsep.join(str(ROOT / room) for room in asking.ROOMS.split(":"))
    if TRITON not in os.environ:
        os.environ[TRITON] = str(environment.interpreter("triton-dev"))
    if not all((MODEL / name).exists() for name in steps.FILES):
        print("training the example, in a few seconds", flush=True)
        subprocess.run([sys.executable, f"{steps.EXAMPLE}/train.py"], check=True)
    if not options.once:
        os.execv(sys.executable, [*MODELSMITH, *RUN])  # noqa: S606 - becomes the server, so that Ctrl-C is its own
    return once()


def once() -> int:
    """Serve, ask, end."""
    began = time.monotonic()
    server = subprocess.Popen([*MODELSMITH, *RUN, "--port=0", "--grpc-port=0"], stdout=subprocess.PIPE, text=True)
    right = False
    try:
        if address := ready(server):
            print(f"      ready after {time.monotonic() - began:.1f} s", flush=True)
            right = ask(address)
    finally:
        server.send_signal(signal.SIGINT)
        code = server.wait()
    return 0 if right and not code else 1


def ready(server: "subprocess.Popen[str]") -> str:
    """Show what the server says, until it serves: its address; empty when it ended."""
    address = ""
    for line in server.stdout or ():
        print(line, end="", flush=True)
        address = found[1] if (found := ADDRESS.search(line)) else address
        if line.startswith("Ctrl-C"):
            return address
    return ""


def ask(address: str) -> bool:
    """Show one digit and the answer; is it the right one?"""
    question = ["predict", "--url", address, "--model", steps.NAME, "--input", f"image={steps.MODEL}/sample.npz"]
    done = subprocess.run([*MODELSMITH, *question, "--picture"], stdout=subprocess.PIPE, text=True, check=False)
    print(done.stdout, end="", flush=True)
    verdict = asking.VERDICT.search(done.stdout)
    return bool(verdict and verdict[1] == verdict[2])


if __name__ == "__main__":
    sys.exit(main())
