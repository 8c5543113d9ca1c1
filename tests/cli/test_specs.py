"""What a file asks for, before anything is built."""

import base64
import io
from pathlib import Path

import pytest

from cli import runs
from modelsmith import errors, specs
from modelsmith.local import sources

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def read(tmp_path):
    """Write documents to a file and read it."""

    def act(*documents, name=None):
        return specs.read(str(runs.write(tmp_path / "file.yaml", *documents)), name)

    return act


def changed(path, value):
    """The small model's document with one field set."""
    document = runs.document()
    *parents, last = path.split(".")
    place = document
    for part in parents:
        place = place[part]
    place[last] = value
    return document


def config_map(**fields):
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "tiny-model"}, **fields}


def test_the_model_deployment_is_found_among_other_documents(read):
    asked = read(config_map(), {"kind": "Namespace"}, runs.document(), None)
    assert asked.name == "tiny"
    assert asked.request.model.weights == "digits.pt"


def test_the_example_can_be_run_locally():
    assert specs.read(str(ROOT / "examples/digits/modeldeployment.yaml")).name == "digits"


def test_standard_input_is_a_file_too(monkeypatch, tmp_path):
    text = runs.write(tmp_path / "file", runs.document()).read_text()
    monkeypatch.setattr("sys.stdin", io.StringIO(text))
    assert specs.read("-").name == "tiny"


def test_of_several_one_is_named(read):
    two = [runs.document(), changed("metadata.name", "other")]
    assert read(*two, name="other").name == "other"
    with pytest.raises(errors.SaidError, match=r"2 of kind ModelDeployment \(tiny, other\): choose with --name"):
        read(*two)
    with pytest.raises(errors.SaidError, match="no ModelDeployment third; it has tiny, other"):
        read(*two, name="third")


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        ("spec.model.wieghts", "x", r"spec\.model\.wieghts: Extra inputs are not permitted"),
        ("spec.model.weights", "../x", r"spec\.model\.weights: String should match pattern"),
        ("spec.model.source", {}, r"spec\.model\.source: name exactly one source: either configMap or pvc"),
        (
            "spec.model.source",
            {"configMap": {"name": "a"}, "pvc": {"claimName": "b"}},
            r"spec\.model\.source: name exactly one source",
        ),
        (
            "spec.build.candidates",
            ["int8Static"],
            r"(?s)spec\.build\.calibration: .*none is named.*\nName samples like",
        ),
        ("spec.build.target", {}, r"spec\.build\.target: the target names both a CPU and a GPU, or neither"),
        ("spec", None, r"spec\.model: Field required"),
        ("apiVersion", "modelsmith.dev/v9", r"apiVersion is modelsmith\.dev/v9, but this Modelsmith reads"),
        ("metadata", None, r"metadata\.name is ''"),
        ("metadata.name", "a" * 41, r"at most 40 characters"),
        ("metadata.name", "Tiny", r"metadata\.name is 'Tiny'"),
        ("kind", "Deployment", r"holds no ModelDeployment"),
    ],
)
def test_what_is_wrong_is_named_by_its_field(read, path, value, words):
    with pytest.raises(errors.SaidError, match=words):
        read(changed(path, value))


def test_a_file_that_is_no_yaml_is_told_with_its_line(tmp_path):
    (tmp_path / "file").write_text("kind: {\n")
    with pytest.raises(errors.SaidError, match=r"(?s)is not YAML.*line 2"):
        specs.read(str(tmp_path / "file"))
    with pytest.raises(errors.SaidError, match="absent cannot be read: No such file"):
        specs.read(str(tmp_path / "absent"))


def test_the_config_map_in_the_file_gives_the_files(read, tmp_path):
    encoded = base64.b64encode(b"\0\1").decode()
    asked = read(config_map(data={"digits.py": "import torch\n"}, binaryData={"digits.pt": encoded}), runs.document())
    folder = sources.folder(asked, None, tmp_path / "source")
    assert (folder / "digits.py").read_text() == "import torch\n"
    assert (folder / "digits.pt").read_bytes() == b"\0\1"


def test_a_folder_that_is_named_goes_before_it(read, tmp_path):
    asked = read(config_map(data={"digits.py": ""}), runs.document())
    assert sources.folder(asked, tmp_path, tmp_path / "source") == tmp_path.resolve()


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"data": {"../x": ""}}, "has the key '../x'"),
        ({"data": {"..": ""}}, r"has the key '\.\.'"),
        ({"data": {"x": 1}}, r"data\.x of the ConfigMap is no text"),
        ({"binaryData": {"x": "%"}}, r"binaryData\.x of the ConfigMap is not base64"),
    ],
)
def test_a_config_map_that_a_cluster_refuses_is_refused(read, tmp_path, fields, words):
    asked = read(config_map(**fields), runs.document())
    with pytest.raises(errors.SaidError, match=words):
        sources.folder(asked, None, tmp_path / "source")


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ({"configMap": {"name": "elsewhere"}}, "the ConfigMap elsewhere, which is not in the file.* --source DIR"),
        ({"pvc": {"claimName": "models"}}, "the claim models, which is not in the file.* --source DIR"),
    ],
)
def test_a_source_that_is_not_here_is_told_with_the_way_out(read, tmp_path, source, words):
    asked = read(config_map(), changed("spec.model.source", source))
    with pytest.raises(errors.SaidError, match=words):
        sources.folder(asked, None, tmp_path / "source")


def test_a_folder_that_is_not_there_is_named(read, tmp_path):
    with pytest.raises(errors.SaidError, match=f"--source {tmp_path / 'absent'}: there is no such folder"):
        sources.folder(read(runs.document()), tmp_path / "absent", tmp_path / "source")
