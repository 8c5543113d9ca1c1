"""The development server: Triton 2.51 out of a Python wheel, for tests, the demo and local mode. Never for production.

It has known vulnerabilities (CVE-2025-23310, -23311, -23319 and more; mended in 25.07 and later), so it says what it
is each time it starts. It holds Triton's Python backend alone; `backends/onnxruntime` stands in for the real one.

    python -m model_serving.development <flags of tritonserver>

runs in the environment triton-dev and becomes the server (same process, so signals and exit codes are the server's
own). The standard library alone runs this file.
"""

import os
import shutil
import sys
import sysconfig
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

#: A writable folder for the backends. Default: a new one under TMPDIR.
SCRATCH_VARIABLE = "MODELSMITH_SCRATCH"
WARNING = (
    "modelsmith: this is the DEVELOPMENT server, Triton 2.51 with known vulnerabilities (CVE-2025-23310, -23311, "
    "-23319): keep it from untrusted networks and serve production from a current NVIDIA Triton image."
)
STUB = "triton_python_backend_stub"


def main() -> None:
    """Become the server."""
    sys.stderr.write(f"{WARNING}\n")
    sys.stderr.flush()
    packages = Path(sysconfig.get_path("purelib"))
    binary = packages / "pytriton/tritonserver/bin/tritonserver"
    if not binary.exists():
        sys.exit(f"modelsmith: no tritonserver in {packages}: run this with the python of the environment triton-dev")
    backends = prepare(packages / "pytriton/tritonserver", _scratch())
    variables = environment(packages, os.environ)
    # Both are looked for under /opt/tritonserver otherwise.
    places = [f"--backend-directory={backends}", f"--cache-directory={packages / 'pytriton/tritonserver/caches'}"]
    os.execve(binary, [str(binary), *sys.argv[1:], *places], variables)  # noqa: S606


def command(python: Path, scratch: Path, flags: Sequence[str]) -> tuple[list[str], dict[str, str]]:
    """How another process starts the server: argv and environment. `python` is that of triton-dev."""
    source = Path(__file__).resolve().parent.parent
    variables = {**os.environ, "PYTHONPATH": str(source), SCRATCH_VARIABLE: str(scratch)}
    return [str(python), "-m", "model_serving.development", *flags], variables


def prepare(server: Path, scratch: Path) -> Path:
    """Lay out the backends and return their folder.

    The server changes the mode of the stub when it starts, so the folder must belong to the user who runs it:
    a copy (3 MB), also where the installed one could be read.
    """
    backends = scratch / "backends"
    python = backends / "python"
    shutil.copytree(server / "backends/python", python, dirs_exist_ok=True)
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    shutil.copy(server / "python_backend_stubs" / version / STUB, python / STUB)
    ours = Path(__file__).resolve().parent / "backends/onnxruntime"
    shutil.copytree(ours, backends / "onnxruntime", dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
    return backends


def environment(packages: Path, inherited: Mapping[str, str]) -> dict[str, str]:
    """The server's environment: its libraries, and this interpreter first on PATH.

    The stub embeds libpython and finds its packages as any python would: by the first python3 on PATH.
    """
    libraries = [packages / "nvidia_pytriton.libs", _libpython()]
    return {
        # Official wheels of onnxruntime send usage data to their maker unless told not to.
        "ORT_DISABLE_TELEMETRY": "1",
        **inherited,
        "LD_LIBRARY_PATH": os.pathsep.join(str(folder) for folder in libraries),
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), inherited.get("PATH", os.defpath)]),
    }


def _libpython() -> Path:
    """Folder of the shared libpython: Debian keeps it in the folder of its architecture (package libpython3.11)."""
    name = sysconfig.get_config_var("INSTSONAME")
    folder = Path(sysconfig.get_config_var("LIBDIR"))
    architecture = sysconfig.get_config_var("MULTIARCH") or ""
    for candidate in (folder, folder / architecture, Path("/usr/lib") / architecture):
        if (candidate / name).exists():
            return candidate
    sys.exit(
        f"modelsmith: {name} not found: install the package libpython{sys.version_info.major}."
        f"{sys.version_info.minor}, or a Python built with --enable-shared"
    )


def _scratch() -> Path:
    """The folder given, or a new one."""
    given = os.environ.get(SCRATCH_VARIABLE)
    return Path(given) if given else Path(tempfile.mkdtemp(prefix="modelsmith-triton-"))


if __name__ == "__main__":
    main()
