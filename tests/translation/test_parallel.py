"""A person's own files, good and bad."""

import sys

import pytest
import torch

from monas_core.catalog.lookup import Catalog
from monas_core.errors import UsageError
from monas_translation import cldr
from monas_translation.codec import UNKNOWN
from monas_translation.options import ParallelOptions

parallel = pytest.importorskip("monas_translation.parallel", reason="tokenizers is not installed")


def written(folder, source, target):
    """Two files of lines and the task's argument for them."""
    paths = folder / "text.en", folder / "text.de"
    for path, lines in zip(paths, (source, target), strict=True):
        path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return ",".join(map(str, paths))


@pytest.fixture(scope="module")
def argument(tmp_path_factory):
    pairs = cldr.corpus()["train"][:600]
    return written(
        tmp_path_factory.mktemp("parallel"), [p.source for p in pairs], [p.target for p in pairs]
    )


@pytest.fixture(scope="module")
def task(argument):
    return parallel.load(argument, options=ParallelOptions(vocabulary=300, length=32))


def test_reads_splits_and_describes(task):
    facts = task.describe()
    assert facts["lines"] == 600
    assert sum(facts["pairs"].values()) == 600
    assert facts["pairs"]["search"] == facts["pairs"]["test"] == 60
    assert facts["vocabulary"] == f"{task.n_outputs} subwords of both languages"
    assert 64 < task.n_outputs <= 300


def test_subwords_join_frequent_characters_and_decode(task):
    texts = [pair.source for pair in task.sentences["train"].pairs]
    tokens = [task.codec.encode(text) for text in texts]
    assert sum(map(len, tokens)) < 0.8 * sum(map(len, texts))
    assert [task.codec.decode(found) for found in tokens] == texts


def test_vocabulary_is_the_same_each_time(argument, task):
    again = parallel.load(argument, options=ParallelOptions(vocabulary=300, length=32))
    for part in ("train", "search", "test"):
        assert torch.equal(again.sentences[part].source, task.sentences[part].source)


def test_unknown_characters_are_counted(tmp_path, task):
    assert UNKNOWN in task.codec.encode("Snow: ☃")
    lines = [f"sentence number {n}" for n in range(100)]
    argument = written(tmp_path, lines, [f"Satz {chr(0x4E00 + n)}" for n in range(100)])
    counted = parallel.load(argument).describe()["tokens not in the vocabulary"]
    assert counted["train"] == 0
    assert counted["search"] == counted["test"] == 10


def test_repeated_and_empty_lines_are_left_out_and_counted(tmp_path):
    lines = [f"line {n % 80}" for n in range(100)] + ["", "no translation"]
    argument = written(tmp_path, lines, [*(f"Zeile {n}" for n in range(100)), "nichts", ""])
    facts = parallel.load(argument).describe()
    assert facts["lines"] == 102
    assert facts["lines without a translation"] == 2
    assert facts["repeated sentences"] == 20


def test_too_long_lines_are_left_out_and_counted(tmp_path):
    lines = [f"line {n}" for n in range(100)]
    lines[7] = "long " * 500
    facts = parallel.load(written(tmp_path, lines, lines)).describe()
    assert sum(facts["pairs left out as too long"].values()) == 1


@pytest.mark.parametrize("argument", [None, "", "one.en", "one.en,", "a,b,c"])
def test_anything_but_two_files_is_refused(argument):
    with pytest.raises(UsageError, match="parallel:SOURCE,TARGET"):
        parallel.load(argument)


def test_unequal_files_are_refused_with_both_numbers(tmp_path):
    argument = written(tmp_path, ["a"] * 100, ["b"] * 99)
    with pytest.raises(UsageError, match=r"text\.en has 100 lines, .*text\.de has 99"):
        parallel.load(argument)


def test_one_file_is_no_translation_of_itself(tmp_path):
    source, _ = written(tmp_path, ["a b"] * 20, ["c d"] * 20).split(",")
    with pytest.raises(UsageError, match=r"text\.en twice; the second one must hold"):
        parallel.load(f"{source},{source}")


def test_a_missing_file_is_named(tmp_path):
    argument = written(tmp_path, ["a"], ["b"])
    (tmp_path / "text.de").unlink()
    with pytest.raises(UsageError, match=r'there is no file ".*text\.de"'):
        parallel.load(argument)


def test_a_folder_is_refused(tmp_path):
    (tmp_path / "text.en").write_text("a\n")
    with pytest.raises(UsageError, match="cannot be read"):
        parallel.load(f"{tmp_path / 'text.en'},{tmp_path}")


@pytest.mark.parametrize("content", [b"", b"\n \n\n"])
def test_an_empty_file_is_refused(tmp_path, content):
    argument = written(tmp_path, ["a"] * 100, ["b"] * 100)
    (tmp_path / "text.de").write_bytes(content)
    with pytest.raises(UsageError, match=r"text\.de is empty"):
        parallel.load(argument)


def test_another_encoding_is_refused_with_the_line(tmp_path):
    argument = written(tmp_path, ["a"] * 100, ["b"] * 100)
    (tmp_path / "text.de").write_bytes(b"gut\n" * 4 + "schön\n".encode("latin-1"))
    with pytest.raises(UsageError, match=r"text\.de is not UTF-8 text \(line 5\)"):
        parallel.load(argument)


def test_a_byte_order_mark_is_no_text(tmp_path):
    argument = written(tmp_path, [f"a {n}" for n in range(60)], [f"b {n}" for n in range(60)])
    path = tmp_path / "text.en"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    found = parallel.load(argument)
    assert all(pair.source[0] == "a" for part in found.sentences.values() for pair in part.pairs)


def test_too_few_sentences_are_refused(tmp_path):
    argument = written(tmp_path, ["same"] * 500, ["gleich"] * 500)
    with pytest.raises(UsageError, match=r"1 different sentences .* at least 50"):
        parallel.load(argument)


def test_a_part_of_too_long_sentences_only_is_refused(tmp_path):
    lines = [f"{n} and again " * 20 for n in range(60)]
    with pytest.raises(UsageError, match=r"raise options\.task\.length"):
        parallel.load(written(tmp_path, lines, lines), options=ParallelOptions(length=4))


@pytest.mark.parametrize("option", [{"vocabulary": 10}, {"length": 1}])
def test_senseless_options_are_refused(option):
    with pytest.raises(UsageError, match=r"must be at least"):
        ParallelOptions(**option)


def test_a_missing_package_is_named_with_its_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "tokenizers", None)
    real = __import__("importlib.util").util.find_spec
    monkeypatch.setattr(
        "importlib.util.find_spec", lambda name: None if name == "tokenizers" else real(name)
    )
    with pytest.raises(UsageError, match=r"pip install 'monas\[translation\]'"):
        Catalog.installed().create("task", "parallel", argument="a,b")


def test_options_come_through_the_catalog(argument):
    found = Catalog.installed().create(
        "task", "parallel", {"vocabulary": 200, "length": 24}, argument=argument
    )
    assert found.n_outputs <= 200
    assert found.length == 24
