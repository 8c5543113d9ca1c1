"""What this machine may use, and what its CPU can do."""

from pathlib import Path

import pytest

from model_builder import machine


def cpuinfo(folder: Path, flags: str) -> Path:
    path = folder / "cpuinfo"
    path.write_text(
        f"processor\t: 0\nmodel name\t: Some CPU\nflags\t\t: fpu {flags}\n\nprocessor\t: 1\nflags\t\t: none\n"
    )
    return path


@pytest.mark.parametrize(
    ("flags", "features", "isa"),
    [
        ("sse4_1", [], {"portable"}),
        ("avx2", ["avx2"], {"portable"}),
        ("avx512_vnni avx2", ["avx2", "avx512_vnni"], {"portable", "vnni"}),
        ("avx2 avx_vnni", ["avx2", "avx_vnni"], {"portable", "vnni"}),
        ("avx2 avx512_vnni amx_int8", ["avx2", "avx512_vnni", "amx_int8"], {"portable", "vnni", "amx"}),
    ],
)
def test_the_flags_of_the_cpu_say_what_it_can_do(
    tmp_path: Path, flags: str, features: list[str], isa: set[str]
) -> None:
    source = cpuinfo(tmp_path, flags)
    assert (machine.features(source), machine.isa(source)) == (features, isa)


def test_the_cpu_is_printed_with_its_features(tmp_path: Path) -> None:
    assert machine.cpu(cpuinfo(tmp_path, "avx2 avx_vnni")) == "Some CPU (avx2, avx_vnni)"


def test_a_machine_that_says_nothing_is_portable_alone(tmp_path: Path) -> None:
    absent = tmp_path / "absent"
    assert (machine.isa(absent), machine.cpu(absent)) == ({"portable"}, "unknown CPU (no AVX2)")
