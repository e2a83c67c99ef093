"""A perfect translation scores 100 in every script, and files are read as people have them."""

from __future__ import annotations

import bz2
import gzip
import lzma
import unicodedata
from pathlib import Path

import pytest

from monas_core.errors import UsageError
from monas_translation.options import ParallelOptions
from monas_translation.quality import score_texts, signatures, tokenizer_of

parallel = pytest.importorskip("monas_translation.parallel", reason="tokenizers is not installed")

WORDS = {
    "german": ("eins zwei drei vier fünf sechs sieben acht neun zehn", " "),
    "vietnamese": ("một hai ba bốn năm sáu bảy tám chín mười", " "),
    "greek": ("ένα δύο τρία τέσσερα πέντε έξι επτά οκτώ εννέα δέκα", " "),
    "russian": ("один два три четыре пять шесть семь восемь девять й", " "),
    "arabic": ("واحد اثنان ثلاثة أربعة خمسة ستة سبعة ثمانية تسعة عشرة", " "),
    "hindi": ("एक दो तीन चार पाँच छह सात आठ नौ दस", " "),
    "korean": ("하나 둘 셋 넷 다섯 여섯 일곱 여덟 아홉 열", " "),
    "chinese": ("一 二 三 四 五 六 七 八 九 十", ""),
    "japanese": ("いち に さん よん ご ろく なな はち きゅう 十", ""),
    "thai": ("หนึ่ง สอง สาม สี่ ห้า หก เจ็ด แปด เก้า สิบ", ""),
    "burmese": ("တစ် နှစ် သုံး လေး ငါး ခြောက် ခုနစ် ရှစ် ကိုး ဆယ်", ""),
    "emoji": ("😀 😁 😂 🤣 😃 👩‍👩‍👧 😅 😆 😉 😊", " "),
}
ENGLISH = "one two three four five six seven eight nine ten".split()


def rows(script: str, form: str = "NFC", words: int = 5, count: int = 120) -> list[tuple[str, str]]:
    """Different sequences of numbers in words; the first may stand alone."""
    names, space = WORDS[script]
    target = [unicodedata.normalize(form, word) for word in names.split()]
    found = []
    for number in range(count):
        digits = [(number * 7 + 3 * k * k + number // 10 * k) % 10 for k in range(words)]
        digits[: min(3, words)] = [number % 10, number // 10 % 10, number // 100][: min(3, words)]
        found.append((" ".join(ENGLISH[d] for d in digits), space.join(target[d] for d in digits)))
    return found


def written(folder: Path, pairs: list[tuple[str, str]], encoding: str = "utf-8") -> str:
    for suffix, lines in zip("ab", zip(*pairs, strict=True), strict=True):
        (folder / f"text.{suffix}").write_text("\n".join(lines) + "\n", encoding=encoding)
    return f"{folder / 'text.a'},{folder / 'text.b'}"


@pytest.mark.parametrize("form", ["NFC", "NFD"])
@pytest.mark.parametrize("script", WORDS)
def test_a_perfect_translation_scores_100(tmp_path: Path, script: str, form: str) -> None:
    task = parallel.load(written(tmp_path, rows(script, form)))
    pairs = task.sentences["test"].pairs
    perfect = [task.codec.decode(task.codec.encode(pair.target)) for pair in pairs]
    found = score_texts(perfect, [pair.target for pair in pairs])
    assert found["BLEU"] == pytest.approx(100)
    assert found["chrF"] == pytest.approx(100)
    worse = score_texts([*perfect[1:], perfect[0]], [pair.target for pair in pairs])
    assert worse["BLEU"] < 90


@pytest.mark.parametrize("script", ["german", "chinese", "thai"])
def test_short_references_have_a_score(script: str) -> None:
    references = [target for _, target in rows(script, words=1, count=10)]
    assert score_texts(references, references)["BLEU"] == pytest.approx(100)
    assert "eff:yes" in signatures(["ab"])["BLEU"]


@pytest.mark.parametrize(
    ("script", "tokenizer"),
    [("german", "13a"), ("arabic", "13a"), ("chinese", "zh"), ("thai", "char"), ("hindi", "13a"),
     ("burmese", "char"), ("emoji", "13a")],
)  # fmt: skip
def test_the_tokenizer_follows_the_script_and_is_kept(script: str, tokenizer: str) -> None:
    references = [target for _, target in rows(script)]
    assert tokenizer_of(references) == tokenizer
    assert f"tok:{tokenizer}" in signatures(references)["BLEU"]


def test_japanese_is_cut_without_its_dictionary(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("monas_translation.quality._installed", lambda *_: False)
    assert tokenizer_of([target for _, target in rows("japanese")]) == "char"


def test_signatures_are_remembered(tmp_path: Path) -> None:
    facts = parallel.load(written(tmp_path, rows("chinese"))).record().facts
    assert "tok:zh" in facts["signatures"]["BLEU"]


@pytest.mark.parametrize("wanted", [64, 300, 1000, 4000])
def test_the_vocabulary_is_at_most_what_was_asked(tmp_path: Path, wanted: int) -> None:
    letters = [chr(0x4E00 + i) for i in range(6000)]
    pairs = [
        (f"sentence {n}", "".join(letters[(13 * n + k) % 6000] for k in range(8)))
        for n in range(800)
    ]
    task = parallel.load(written(tmp_path, pairs), options=ParallelOptions(vocabulary=wanted))
    assert task.codec.size <= wanted
    assert task.n_outputs <= wanted
    if wanted >= 1000:  # rare characters are written as bytes, so none is lost
        target = task.sentences["test"].pairs[0].target
        assert task.codec.decode(task.codec.encode(target)) == target
        assert task.sentences["test"].unknown == 0


@pytest.mark.parametrize("short", [0, 10, 30])
def test_a_part_of_few_sentences_is_refused(tmp_path: Path, short: int) -> None:
    pairs = rows("german")
    long = [(f"{a} " * 60, f"{b} " * 60) for a, b in pairs[short:]]
    with pytest.raises(UsageError, match=r"of the \d+ sentences of the .* part .* at least 5"):
        parallel.load(written(tmp_path, [*pairs[:short], *long]))


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
def test_packed_files_are_read_and_known_by_their_lines(tmp_path: Path, pack: object) -> None:
    plain = parallel.load(written(tmp_path, rows("german")))
    for suffix in "ab":
        file = tmp_path / f"text.{suffix}"
        file.write_bytes(pack(file.read_bytes()))  # pyright: ignore
    packed = parallel.load(f"{tmp_path / 'text.a'},{tmp_path / 'text.b'}")
    assert packed.record() == plain.record()
    file.write_bytes(file.read_bytes()[:-20])
    with pytest.raises(UsageError, match="packed and damaged"):
        parallel.load(f"{tmp_path / 'text.a'},{tmp_path / 'text.b'}")


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_marked_encodings_and_line_ends_are_read(tmp_path: Path, encoding: str, end: str) -> None:
    pairs = rows("greek")
    for suffix, lines in zip("ab", zip(*pairs, strict=True), strict=True):
        (tmp_path / f"x.{suffix}").write_bytes((end.join(lines) + end).encode(encoding))
    found = parallel.load(f"{tmp_path / 'x.a'},{tmp_path / 'x.b'}")
    assert sum(found.record().parts.values()) == 120


@pytest.mark.parametrize("extra", ["", "\tCC-BY 2.0"])
@pytest.mark.parametrize("name", ["deu.tsv", "deu, eng.txt"])
def test_one_file_of_two_columns_is_read(tmp_path: Path, extra: str, name: str) -> None:
    (tmp_path / name).write_text("".join(f"{a}\t{b}{extra}\n" for a, b in rows("german")))
    task = parallel.load(str(tmp_path / name))
    assert task.sentences["train"].pairs[0].target in {b for _, b in rows("german")}
    assert task.record().sources[0].given == str(tmp_path / name)


def test_a_line_without_a_tab_is_named(tmp_path: Path) -> None:
    (tmp_path / "x.tsv").write_text("a\tb\n" * 4 + "alone\n" + "a\tb\n")
    with pytest.raises(UsageError, match=r"line 5 of .* has no tab \(1 such lines\)"):
        parallel.load(str(tmp_path / "x.tsv"))


@pytest.mark.parametrize(
    ("content", "advice"),
    [(b"PK\x03\x04zip", "unpack it"), (b"\x28\xb5\x2f\xfdzz", "zstd -d"), (b"%PDF-1.4", "PDF")],
)
def test_other_kinds_of_files_get_fitting_advice(
    tmp_path: Path, content: bytes, advice: str
) -> None:
    argument = written(tmp_path, rows("german"))
    (tmp_path / "text.b").write_bytes(content)
    with pytest.raises(UsageError, match=advice):
        parallel.load(argument)
