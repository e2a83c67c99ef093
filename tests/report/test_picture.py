"""The picture of a run: every device named, held-out ones dashed, the pick of the words starred."""

from __future__ import annotations

from itertools import pairwise

import attrs
import pytest
from matplotlib.text import Annotation

from monas_core.record.picture import figure_of
from monas_core.values.member import Front

from .conftest import front


def fronts() -> list[Front]:
    return [
        Front.from_json(front(name, factor))
        for name, factor in (("alpha", 0.02), ("beta", 1.0), ("gamma", 30.0))
    ]


def texts(figure) -> list[str]:
    return [text.get_text() for text in figure.axes[0].texts]


def test_every_device_is_labelled_and_the_unseen_one_dashed():
    figure = figure_of(fronts())
    assert {"alpha", "beta", "gamma"} <= set(texts(figure))
    panel = figure.axes[0]
    steps = [line for line in panel.lines if line.get_drawstyle() == "steps-post"]
    assert [line.get_linestyle() for line in steps] == ["-", "-", "--"]
    assert panel.get_xscale() == "log"
    assert "less is better" in panel.get_xlabel()
    assert "energy" not in panel.get_xlabel() + panel.get_ylabel()


def test_the_words_of_the_subtitle_are_starred():
    figure = figure_of(fronts())
    assert any(text.startswith("alpha: ") for text in texts(figure))
    starred = [line for line in figure.axes[0].lines if line.get_marker() == "*"]
    assert len(starred) == 1


def test_labels_keep_apart():
    same = [attrs.evolve(fronts()[0], device=f"twin{i}") for i in range(6)]
    figure = figure_of(same)
    labels = [t for t in figure.axes[0].texts if t.get_rotation() == 90]
    places = sorted(label.xyann[0] for label in labels if isinstance(label, Annotation))
    assert len(places) == 6
    assert min(b - a for a, b in pairwise(places)) > 0.02


@pytest.mark.parametrize("kept", [0, 1])
def test_few_members_and_few_objectives(kept):
    known = fronts()[0]
    assert figure_of([attrs.evolve(known, members=known.members[:kept])]).axes
    single = attrs.evolve(known, objectives=known.objectives[:1])
    assert figure_of([single]).axes
