"""``monas profile`` as it is typed."""

from __future__ import annotations

import json
from pathlib import Path

import attrs
import pytest

from monas_core.errors import UsageError
from monas_core.profiling.profile import Profile
from monas_core.run import Run


def test_a_profile_of_this_machine_serves_a_pick(
    run: Run, tmp_path: Path, monas, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    code, out, _ = monas("profile", "--run", run.path, "--as", "here", "--seconds", ".005")
    assert code == 0
    assert "Next: monas pick --device here.json" in out
    made = Profile.read(tmp_path / "here.json")
    assert (made.name, made.space, made.preset) == ("here", "gpt", "tiny")
    code, out, _ = monas("pick", run.path, "--device", "here.json", "--json")
    assert code == 0
    assert json.loads(out)["device"] == "here"


def test_timings_from_a_table(run: Run, profile: Profile, tmp_path: Path, monas) -> None:
    rows = zip(profile.references, profile.metrics["latency_ms"].median, strict=True)
    table = tmp_path / "times.csv"
    table.write_text("model,latency_ms\n" + "\n".join(f"{k},{v}" for k, v in rows) + "\n")
    out = tmp_path / "phone.json"
    words = ("--collect", table, "--as", "phone", "--processor", "Phone 1", "--out", out)
    manifest = {
        key: getattr(profile, key) for key in ("space", "preset", "task", "digest", "batch")
    }
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    code, printed, _ = monas("profile", *words, "--json")
    assert code == 0
    assert json.loads(printed)["file"] == str(out)
    made = Profile.read(out)
    assert made.digest == profile.digest
    assert made.metrics["latency_ms"].median == pytest.approx(profile.metrics["latency_ms"].median)


def test_a_profile_that_could_not_be_read_is_not_written(profile: Profile, tmp_path: Path) -> None:
    path = tmp_path / "bad.json"
    with pytest.raises(UsageError, match="precision must be one of"):
        attrs.evolve(profile, precision="fp8").write(path)
    assert not path.exists()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ((), "Name the device with --as"),
        (("--as", "x"), "Say which networks to measure with --space"),
        (("--as", "x", "--preset", "s"), "belong to a space"),
        (("--as", "a/b", "--space", "gpt"), "is a path"),
        (("--as", "x", "--space", "gpt", "--out", "no/where.json"), "there is no folder no"),
        (("--as", "x", "--space", "gpt", "--runtime", "tpu"), 'No runtime "tpu"'),
        (("--as", "x", "--space", "gpt", "--threads", "0"), "threads must be at least 1, got 0"),
        (("--space", "gpt", "--emit", "new", "--batch", "0"), "batch must be at least 1"),
        (("--as", "x", "--space", "gtp"), 'Did you mean "gpt"'),
        (("--as", "x", "--space", "gpt", "--collect", "no.csv"), "Cannot read no.csv"),
        (("--as", "x", "--emit", "a", "--collect", "b"), "give one of them"),
        (("--as", "other", "--space", "gpt"), "exists and is no device profile"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(
    words: tuple[str, ...], told: str, tmp_path: Path, monas, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "other.json").write_text("{}")
    code, out, err = monas("profile", *words)
    assert (code, out) == (2, "")
    assert told in err
    assert [path.name for path in tmp_path.iterdir()] == ["other.json"]
