"""The default task for translation: people's translations that come with a library."""

import subprocess
import sys
import time

import pytest
import torch

from monas_core.catalog.lookup import Catalog
from monas_core.errors import UsageError
from monas_translation import cldr, figures, names, times
from monas_translation.codec import END, PAD
from monas_translation.pairs import PARTS, deal


@pytest.fixture(scope="module")
def task():
    return cldr.load()


def test_holds_real_translations():
    found = {pair.source: pair.target for pairs in cldr.corpus().values() for pair in pairs}
    assert found["Germany"] == "Deutschland"
    assert found["Japanese"] == "Japanisch"
    assert found["Central European Standard Time"] == "Mitteleuropäische Normalzeit"
    assert found["in 5 days"] == "in 5 Tagen"
    assert "Mexikanischer Peso" in found.values()
    for english, german in ((" centimeters", "zentimeter"), (" million", "million")):
        inflected = [found[source] for source in found if source.endswith(english)]
        assert inflected
        assert all(german in target.lower() for target in inflected)


def test_is_large_and_split_eight_to_one_to_one():
    sizes = {part: len(pairs) for part, pairs in cldr.corpus().items()}
    assert sum(sizes.values()) > 30_000
    assert sizes["train"] > 6 * sizes["search"] > 0
    assert sizes["train"] > 6 * sizes["test"] > 0


def test_no_source_is_in_two_parts_or_twice():
    sources = [pair.source for pairs in cldr.corpus().values() for pair in pairs]
    assert len(set(sources)) == len(sources)


@pytest.mark.parametrize(
    "keys", [names.names, names.zones, figures.units, figures.currencies, times.patterns]
)
def test_no_name_unit_or_pattern_is_in_two_parts(keys):
    parts = deal(keys())
    found = [key for part in PARTS for key in parts[part]]
    assert len(set(found)) == len(found) == len(set(keys()))
    assert all(parts.values())


def test_names_within_tested_phrases_were_not_trained_on():
    trained = {name.pair.source for name in deal(names.names())["train"]}
    tested = deal(names.names())["test"]
    generator = torch.Generator().manual_seed(0)
    made = [pair.source for pair in names.name_pairs(tested, generator)]
    composed = [source for source in made if " and " in source and "," not in source]
    assert len(composed) > 30
    for source in composed[:200]:
        if source.count(" and ") == 1:
            first, second = source.split(" and ")
            assert first not in trained or second not in trained, source


def test_is_the_same_in_another_process(task):
    code = (
        "from monas_translation import cldr; import hashlib;"
        "print(hashlib.sha256(repr(sorted(cldr.corpus().items())).encode()).hexdigest())"
    )
    import hashlib

    mine = hashlib.sha256(repr(sorted(cldr.corpus().items())).encode()).hexdigest()
    other = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True, timeout=60
    )
    assert other.stdout.strip() == mine


def test_is_made_once_and_quickly(task):
    begin = time.perf_counter()
    cldr.corpus()
    assert time.perf_counter() - begin < 0.01


def test_vocabulary_is_of_the_training_part_and_spaces_are_plain(task):
    text = "".join(text for pair in cldr.corpus()["train"] for text in pair)
    assert set(task.codec.alphabet) <= set(text)
    assert {character for character in text if character.isspace()} == {" "}


def test_sentences_fit_and_decode_to_themselves(task):
    found = task.sentences["test"]
    for row in range(0, len(found.pairs), 50):
        tokens = [token for token in found.source[row].tolist() if token != PAD]
        assert tokens[-1] == END
        assert len(tokens) <= cldr.LENGTH
        assert task.codec.decode(tokens) == found.pairs[row].source


def test_describes_itself(task):
    facts = task.describe()
    assert facts["pairs"]["train"] > 20_000
    assert facts["pairs left out as too long"]["train"] > 0
    assert set(facts["tokens not in the vocabulary"]) == set(PARTS)
    assert facts["BLEU"].startswith("nrefs:1|")
    assert facts["chrF"].startswith("nrefs:1|")
    assert "beam" in facts["translated by"]


def test_is_the_default_of_its_space():
    entry = Catalog.installed().find("task", "cldr")
    assert "default-task:hat" in entry.spec.provides


def test_takes_no_argument():
    with pytest.raises(UsageError, match="parallel:SOURCE,TARGET"):
        cldr.load("somewhere")
