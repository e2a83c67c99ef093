from __future__ import annotations

import pytest

from monas_core.ui import glossary


def test_every_word_leads_to_one_term_with_one_sentence():
    words = [word.casefold() for term in glossary.TERMS for word in term.words]
    assert len(words) == len(set(words))
    for term in glossary.TERMS:
        assert term.meaning.endswith(".")
        assert len(term.meaning) <= 220, term.name


@pytest.mark.parametrize(
    ("word", "name"),
    [("Hypervolume", "hypervolume"), ("acc", "quality"), ("not searched", "held out"),
     ("fronts", "front"), ("hardware  embedding", "hardware embedding"), ("knee", "balanced")],
)  # fmt: skip
def test_words_are_found_as_people_write_them(word, name):
    term = glossary.find(word)
    assert term is not None
    assert term.name == name
    assert glossary.meaning(word) == term.meaning


def test_what_is_no_word_has_no_meaning():
    assert glossary.find("s") is None
    assert glossary.meaning("gpt") == ""
