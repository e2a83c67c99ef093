"""Exported models are used from their files alone, and say what they are."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from monas_core.catalog.lookup import Catalog
from monas_core.errors import MonasError, PluginError, UsageError
from monas_core.export import asking, companion
from monas_core.export.bundle import bundle
from monas_core.export.subject import _without_folders
from monas_core.parts.usage import Usage
from monas_core.record import usage_file
from monas_core.run import Run

Asked = Callable[..., list[dict[str, Any]]]

TEXTS = ("import ", "def ça(")
CATALOG = Catalog.installed()


@pytest.fixture(scope="module")
def exported(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """A subnet of the run in a format, written once."""
    folder = tmp_path_factory.mktemp("used")
    answers = {"embed_dim": 32, "n_layer": 1, "bias": True, "n_head_0": 2, "mlp_ratio_0": 2}
    architecture = run.session.plan.space.choices.architecture(answers)

    def write(form: str) -> Path:
        out = folder / f"a model.{form}"
        if not out.exists():
            run.export(architecture, form, out)
        return out

    return write


@pytest.mark.parametrize("form", ["pt2", "onnx", "safetensors", "hf"])
def test_a_text_is_continued_without_monas(
    asked: Asked, run: Run, exported: Callable[[str], Path], form: str
) -> None:
    model = exported(form)
    document = json.loads((companion.place(model) / companion.FACTS).read_text())
    answers = asked(model, *TEXTS)
    assert [answer["answer"].startswith(text) for answer, text in zip(answers, TEXTS, strict=True)]
    architecture = run.session.plan.space.choices.from_json(document["network"]["architecture"])
    network = run.load(architecture)
    for text, answer in zip(TEXTS, answers, strict=True):
        known = list(text.encode())
        with torch.no_grad():
            for _ in range(document["usage"]["new"]):
                known.append(int(network(torch.tensor([known[-64:]]))[0, -1].argmax()))
        wanted = bytes(known[len(text.encode()) :]).decode("utf-8", "replace")
        assert answer["continuation"] == wanted
        assert 0 < answer["bits per byte"] < 20
    again = asking.ask(model, TEXTS, CATALOG)
    assert [answer["answer"] for answer in again] == [answer["answer"] for answer in answers]


def test_transformers_reads_the_tokenizer(exported: Callable[[str], Path]) -> None:
    script = (
        "import sys; sys.modules['torchvision'] = None\n"
        "from transformers import AutoTokenizer\n"
        "t = AutoTokenizer.from_pretrained(sys.argv[1], local_files_only=True)\n"
        "ids = t(sys.argv[2]).input_ids\n"
        "print(ids == list(sys.argv[2].encode()), t.decode(ids) == sys.argv[2], t.model_max_length)"
    )
    text = "naïve → 字 \t<|x|>  end"
    done = subprocess.run(
        [sys.executable, "-c", script, str(exported("hf")), text],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout.split() == ["True", "True", "64"]


def test_single_files_carry_their_description(exported: Callable[[str], Path]) -> None:
    import onnx

    extra = {companion.FACTS: ""}
    torch.export.load(exported("pt2"), extra_files=extra)
    model = onnx.load(exported("onnx"))
    inside = {item.key: item.value for item in model.metadata_props}[companion.FACTS]
    for text, form in ((extra[companion.FACTS], "pt2"), (inside, "onnx")):
        document = json.loads(text)
        assert document["network"]["format"] == form
        assert document["usage"]["context"] == 64


def test_the_card_tells_what_was_found(run: Run, tmp_path: Path) -> None:
    member = run.front("raspberry-pi-4").members[0]
    run.export(member, "pt2", tmp_path / "m.pt2")
    card = (tmp_path / "m.pt2.use" / companion.CARD).read_text()
    assert f"| raspberry-pi-4 | lat | {member.values['lat']:.5g} | ms | modelled |" in card
    assert "pip install torch numpy\npython predict.py" in card


def test_the_card_of_a_trained_network_tells_what_it_reached(run: Run, tmp_path: Path) -> None:
    copy = Run.open(shutil.copytree(run.path, tmp_path / "run"))
    member = copy.front("raspberry-pi-4").members[0]
    reached = copy.train(member, budget="2steps", batch_size=2)["after"]["bits per byte"]
    copy.export(member, "pt2", tmp_path / "m.pt2")
    card = (tmp_path / "m.pt2.use" / companion.CARD).read_text()
    assert f"| any | bits per byte | {reached:.5g} | bit/byte | measured |" in card
    assert f"| raspberry-pi-4 | lat | {member.values['lat']:.5g} | ms | modelled |" in card
    assert f"| {member.values['acc']:.5g} |" not in card


@pytest.mark.parametrize(
    ("task", "shown"),
    [
        ("pystdlib", "pystdlib"),
        ("text:/home/ada/secret plans/a b.txt", "text:a b.txt"),
        ("parallel:/x/a.en,C:\\y\\a.de", "parallel:a.en,a.de"),
        ("module:../mine.py:task", "module:mine.py:task"),
        ("imagefolder:photos/", "imagefolder:photos"),
    ],
)
def test_folders_of_a_person_do_not_leave_with_the_model(task: str, shown: str) -> None:
    assert _without_folders(task) == shown


def test_old_versions_of_onnx(run: Run, tmp_path: Path) -> None:
    import onnx

    member = run.front("raspberry-pi-4").members[0]
    report = run.export(member, "onnx", tmp_path / "m.onnx", options={"opset": 15, "ir": 8})
    assert (report["opset"], report["ir"]) == (15, 8)
    model = onnx.load(tmp_path / "m.onnx")
    assert ([item.version for item in model.opset_import], model.ir_version) == ([15], 8)
    with pytest.raises(MonasError, match="cannot be said in ONNX opset 11"):
        run.export(member, "onnx", tmp_path / "n.onnx", options={"opset": 11})
    with pytest.raises(UsageError, match="ONNX opset must be 11 to 25, got 5"):
        run.export(member, "onnx", tmp_path / "n.onnx", options={"opset": 5})
    with pytest.raises(UsageError, match=r'format "pt2" takes no options, got opset\.'):
        run.export(member, "pt2", tmp_path / "n.pt2", options={"opset": 17})
    assert sorted(path.name for path in tmp_path.iterdir()) == ["m.onnx", "m.onnx.use"]


def test_predict_in_words(cli: Any, exported: Callable[[str], Path], tmp_path: Path) -> None:
    model = exported("onnx")
    told = cli("predict", model, "import ")
    assert told.code == 0, told.err
    assert told.out.startswith("import ")
    assert json.loads(cli("predict", model, "a", "b", "--json").out)[1]["given"] == "b"
    beside = cli("predict", companion.place(model), "import ")
    assert beside.out == told.out, "who names the folder beside it means the model"
    broken = tmp_path / "broken.onnx"
    broken.write_bytes(b"no network")
    shutil.copytree(companion.place(model), companion.place(broken))
    refused = cli("predict", broken, "x")
    assert refused.code == 2
    assert "cannot be read as onnx" in refused.err
    lone = tmp_path / "lone.onnx"
    lone.write_bytes(model.read_bytes())
    for words, wanted in (
        ((tmp_path / "no.onnx",), "There is no file or folder"),
        ((lone,), "lone.onnx.use/task.json is missing"),
    ):
        refused = cli("predict", *words, "x")
        assert refused.code == 2
        assert wanted in " ".join(refused.err.split()).replace(" ", "") or wanted in refused.err


def test_a_description_cannot_name_foreign_code(
    exported: Callable[[str], Path], tmp_path: Path
) -> None:
    model = tmp_path / "m.onnx"
    model.write_bytes(exported("onnx").read_bytes())
    folder = tmp_path / "m.onnx.use"
    folder.mkdir()
    document = json.loads((companion.place(exported("onnx")) / companion.FACTS).read_text())
    for change, wanted in (
        ({"code": ["os"]}, "belongs to no installed plugin"),
        ({"code": ["monas_tasks.text"]}, "is not installed here"),
        ({"code": []}, "is not installed here"),
        ({"usage": 3}, "is damaged"),
        ({"network": {}}, "is damaged"),
    ):
        (folder / companion.FACTS).write_text(json.dumps(document | change))
        with pytest.raises(MonasError, match=wanted):
            asking.ask(model, ["x"], CATALOG)


def test_shipped_code_stands_alone() -> None:
    text = bundle(("monas_translation.use_translation",), "title")
    assert compile(text, "using.py", "exec")
    with pytest.raises(PluginError, match=r"monas_tasks\.text is shipped with models but imports"):
        bundle(("monas_tasks.text",), "title")
    with pytest.raises(PluginError, match="belongs to no installed plugin"):
        bundle(("json.decoder",), "title")


@pytest.mark.parametrize("name", ["../a", "a/b", "a\\b", ".hidden", "", "c:d"])
def test_files_stay_in_their_folder(name: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="plain file name"):
        Usage(code=("monas_core.export.arrays",), facts={}, files={name: "x"})
    usage_file.keep(tmp_path, Usage(code=("monas_core.export.arrays",), facts={}))
    document = json.loads((tmp_path / usage_file.NAME).read_text())
    (tmp_path / usage_file.NAME).write_text(json.dumps(document | {"files": {name: "x"}}))
    with pytest.raises(UsageError, match=r"usage\.json is damaged|plain file name"):
        usage_file.recall(tmp_path)


def test_a_run_remembers_how_its_task_is_used(run: Run) -> None:
    assert usage_file.recall(run.path) == run.session.plan.task.usage()
