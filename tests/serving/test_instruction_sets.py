"""An artifact whose int8 sums saturate on older CPUs is not served by one."""

import pytest

from model_builder import contract, machine
from model_serving import compose
from serving import artifacts_made


@pytest.mark.parametrize(
    ("wanted", "present"),
    [("portable", {"portable"}), ("vnni", {"portable", "vnni"}), ("amx", {"portable", "vnni", "amx"})],
)
def test_a_cpu_that_has_what_the_artifact_needs_serves_it(wanted, present):
    compose.hold_against_cpu(contract.Requires(opset=17, isa=wanted), present)


@pytest.mark.parametrize("wanted", ["vnni", "amx"])
def test_an_older_cpu_is_refused_with_the_way_out(wanted):
    with pytest.raises(compose.CannotServeError, match=rf"{wanted}.*nodeSelector.*portable"):
        compose.hold_against_cpu(contract.Requires(opset=17, isa=wanted), {"portable"})


def test_every_target_cpu_is_an_instruction_set_that_a_machine_can_have():
    assert set(machine.ENOUGH) == set(contract.Cpu)


def test_nothing_is_written_for_an_artifact_that_this_cpu_may_not_serve(tmp_path, monkeypatch):
    artifact = tmp_path / "artifact"
    artifacts_made.make(artifact)
    (artifact / "requires.json").write_text(contract.Requires(opset=17, isa="amx").model_dump_json())
    serving = artifacts_made.serving(artifacts_made.seal(artifact))
    monkeypatch.setattr(machine, "isa", lambda: frozenset({"portable"}))
    with pytest.raises(compose.CannotServeError, match="amx"):
        compose.write(artifact, tmp_path / "repository", serving)
    assert not (tmp_path / "repository").exists()
