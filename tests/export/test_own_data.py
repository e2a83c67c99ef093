"""Image and translation models learnt from a person's own files, used from their files alone.

Each network is trained until it is right, so that the answer that is wanted is known: the class
of a picture it has not seen, the translation of a sentence it has not seen.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from monas_core.catalog.lookup import Catalog
from monas_core.errors import UsageError
from monas_core.export import asking, companion, formats
from monas_core.export.subject import Subject, prepared
from monas_core.parts.task import Task
from monas_core.seeding import seeded_construction
from monas_core.updater import Updater

Asked = Callable[..., list[dict[str, Any]]]

CATALOG = Catalog.installed()
FORMS = [entry.name for entry in CATALOG.entries("format")]
LACKING = ("hf", "gguf")
"""The format that only spaces with a stock class have."""
Write = Callable[[str], Path]


def trained(space: str, task: Task, steps: int, rate: float) -> Subject:
    """The smallest network of a space, trained alone."""
    entry = CATALOG.find("space", space)
    made = CATALOG.create("space", space)
    architecture = made.ends().smallest
    with seeded_construction(0):
        network = made.build(architecture, task)
    updater, generator = Updater(network, rate, steps), torch.Generator().manual_seed(0)
    for _ in range(steps):
        batch = task.batch("train", 24, generator)
        network.train()
        updater.update(task.loss(network(batch.inputs), batch.targets).mean())
    facts = {"weights": "given"}
    return prepared(
        made, task, architecture, network, seed=0, capabilities=entry.spec.provides, facts=facts
    )


def writer(given: Subject, folder: Path) -> Write:
    """Writes a network in a format, once."""

    def write(form: str) -> Path:
        out = folder / f"a model [1].{form}"
        if not out.exists():
            formats.export(given, formats.find(CATALOG, form), out)
        return out

    return write


def picture(path: Path, channel: int, seed: int, size: tuple[int, int] = (20, 26)) -> Path:
    """Noise with one strong colour."""
    pixels = np.random.default_rng((channel, seed)).integers(0, 90, (*size, 3))
    pixels[..., channel] += 150
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels.astype(np.uint8)).save(path)
    return path


CLASSES = {"ein Rot": 0, "grün, hell": 1, "青": 2}


@pytest.fixture(scope="module")
def classifier(tmp_path_factory: pytest.TempPathFactory) -> Write:
    folder = tmp_path_factory.mktemp("pictures")
    for name, channel in CLASSES.items():
        for seed in range(20):
            picture(folder / "data" / name / f"{seed}.png", channel, seed)
    options = {"size": 16}
    task = CATALOG.create("task", "imagefolder", options, argument=str(folder / "data"))
    return writer(trained("mobilenetv3", task, 40, 5e-3), folder)


@pytest.mark.parametrize("form", [form for form in FORMS if form not in LACKING])
def test_the_right_class_is_named_without_monas(
    asked: Asked, classifier: Write, form: str, tmp_path: Path
) -> None:
    model = classifier(form)
    new = [picture(tmp_path / f"{c}.png", c, 1000, (31, 22)) for c in CLASSES.values()]
    answers = asked(model, *new)
    assert [answer["answer"] for answer in answers] == list(CLASSES)
    assert all(answer["classes"].keys() == CLASSES.keys() for answer in answers)
    again = asking.ask(model, [str(path) for path in new], CATALOG)
    assert [answer["answer"] for answer in again] == list(CLASSES)
    card = (companion.place(model) / companion.CARD).read_text()
    assert "python predict.py" in card


WORDS = dict(zip("one two three four five six".split(), "eins zwei drei vier fünf sechs".split(),
                 strict=True))  # fmt: skip


@pytest.fixture(scope="module")
def translator(tmp_path_factory: pytest.TempPathFactory) -> tuple[Write, list[tuple[str, str]]]:
    """A model, and sentences it was not trained on with their translations."""
    folder = tmp_path_factory.mktemp("sentences")
    pairs = list(itertools.product(WORDS, repeat=3))
    files = folder / "a.en", folder / "a.de"
    files[0].write_text("\n".join(" ".join(words) for words in pairs) + "\n")
    files[1].write_text("\n".join(" ".join(WORDS[w] for w in words) for words in pairs) + "\n")
    options = {"vocabulary": 64, "length": 16}
    argument = ",".join(map(str, files))
    task: Any = CATALOG.create("task", "parallel", options, argument=argument)
    unseen = [(pair.source, pair.target) for pair in task.sentences["test"].pairs[:3]]
    return writer(trained("hat", task, 120, 5e-3), folder), unseen


@pytest.mark.parametrize("form", [form for form in FORMS if form not in LACKING])
def test_the_right_sentence_is_written_without_monas(
    asked: Asked,
    translator: tuple[Write, list[tuple[str, str]]],
    form: str,
) -> None:
    write, unseen = translator
    model = write(form)
    answers = asked(model, *(source for source, _ in unseen))
    assert [answer["answer"] for answer in answers] == [target for _, target in unseen]
    assert [answer["unknown"] for answer in answers] == [0, 0, 0]
    again = asking.ask(model, [unseen[0][0]], CATALOG)
    assert again[0]["answer"] == unseen[0][1]


def test_a_form_that_a_network_lacks_is_said(
    classifier: Write, translator: tuple[Write, list[tuple[str, str]]]
) -> None:
    for write in (classifier, translator[0]):
        for form in LACKING:
            with pytest.raises(UsageError, match="choose another --format"):
                write(form)
