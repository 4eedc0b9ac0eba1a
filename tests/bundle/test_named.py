"""Bundles that come with affuse: found by name, and each says for what it may be used."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile
from recordings import Track, small_portrait, write

import affuse
from affuse.bundle.card import model_card
from affuse.bundle.manifest import TrainedOn
from affuse.bundle.named import bundle_folder, bundle_names
from affuse.bundle.permitted_use import licence_of, permitted_use
from affuse.bundle.reader import read_bundle
from affuse.cli import main
from affuse.corpora.known import commercial_use_of


def printed(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as ended:
        main(list(arguments))
    message = capsys.readouterr()
    return int(ended.value.code or 0), message.out, message.err


def spoken(path: Path) -> Path:
    """Two seconds of a voiced sound with pauses, as speech has them."""
    rate, rng = 16_000, np.random.default_rng(0)
    times = np.arange(2 * rate) / rate
    pulses = np.sign(np.sin(2 * np.pi * np.cumsum(180 + 40 * np.sin(9 * times)) / rate))
    envelope = np.clip(np.sin(2 * np.pi * 3 * times), 0, None)
    sound = 0.2 * envelope * pulses + 0.001 * rng.standard_normal(len(times))
    soundfile.write(path, sound, rate)
    return path


def test_names_win_over_folders_but_not_over_paths(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "open").mkdir()
    assert bundle_names() == ("shipped", "open")
    assert (bundle_folder("open") / "bundle.json").is_file()
    assert bundle_folder("shipped") == bundle_folder(None) == bundle_folder("open").parent
    assert bundle_folder("./open") == bundle_folder(Path("open")) == Path("open")
    assert bundle_folder("runs/a/bundle") == Path("runs/a/bundle")


def test_what_is_open_has_met_nothing_that_forbids_commercial_use():
    manifest = read_bundle(bundle_folder("open")).manifest
    assert [part.corpus for part in manifest.trained_on] == ["CREMA-D"]
    assert all(commercial_use_of(part.corpus) for part in manifest.trained_on)
    assert {m for member in manifest.members for m in member.modalities} == {"audio"}
    size = sum(file.stat().st_size for file in bundle_folder("open").iterdir())
    assert size < 300_000


def test_card_of_open_says_for_what_for_whom_and_what_made_it(capsys):
    code, out, err = printed(capsys, "card", "open")
    assert (code, err) == (0, "")
    for words in (
        "# affuse open voice\n",
        "Commercially too: the terms of CREMA-D allow it",
        "Not to judge people",
        "CREMA-D (language: en), 1,587 clips of 62 speakers: 1001,",
        "| sex | female | 91.8 % |",
        "| age | 60 and over |",
        "Fold by fold the UAR is",
        "Speaker by speaker the UAR goes from 57.7 %",
        "It goes by the voice alone",
        "It knows two emotions, happy and sad",
        "the first emotion is under 70.0 %, prediction names none",
        "Trained by the recipe `strong`",
        "Open Database Licence",
    ):
        assert words in out
    figures = read_bundle(bundle_folder("open")).manifest.figures[0]
    assert f"UAR {100 * figures.uar:.1f} %" in out
    assert "speaker-independent" in out


def test_card_without_a_name_is_that_of_the_usual_bundle(capsys):
    assert printed(capsys, "card")[1].startswith("# affuse face and voice\n")
    code, out, err = printed(capsys, "card", "closed")
    assert (code, out) == (2, "")
    assert err == (
        "affuse: closed holds no bundle.json; expected the folder of a bundle, such as bundle/ in "
        "a run folder, or the name of one that comes with affuse: shipped, open\n"
    )


def test_a_file_without_sound_is_not_judged_by_a_bundle_of_voices(tmp_path):
    path = write(tmp_path / "mute.mp4", Track([small_portrait()] * 10))
    found = affuse.load("open").predict(path)
    assert found.emotion is None
    assert found.abstained == ("the file has no sound, and this recogniser uses the voice alone")
    assert found.notes == ()


def test_predict_takes_the_name(capsys, tmp_path):
    clip = spoken(tmp_path / "clip.wav")
    code, out, _ = printed(
        capsys, "predict", str(clip), "--bundle", "open", "--format", "json", "--threshold", "0"
    )
    assert code == 0
    found = json.loads(out)
    found = found[0] if isinstance(found, list) else found
    assert "affuse open voice" in out
    assert affuse.load("open").predict(clip).emotion in ("happy", "sad")


@pytest.mark.parametrize(
    ("corpora", "words"),
    [
        (["CREMA-D"], "Commercially too: the terms of CREMA-D allow it"),
        (["CREMA-D", "RAVDESS", "nEMO"], "Not commercially: RAVDESS and nEMO do not allow it."),
        (["CREMA-D", "mine"], "Whether commercially, is not known of mine."),
        (["affuse embedded corpus"], "Commercially too"),
    ],
)
def test_use_is_that_of_the_strictest_corpus(corpora, words):
    met = [TrainedOn(corpus=corpus, n_clips=1) for corpus in corpora]
    assert words in permitted_use(met, licence_of(met))
    assert "its licence says" in permitted_use(met, "Ask me.")
    for text in (permitted_use(met, licence_of(met)), permitted_use(met, "Ask me.")):
        assert "At work and in education the European Union forbids recognising emotions" in text
        assert (
            "(https://eur-lex.europa.eu/eli/reg/2024/1689/oj), articles 5(1)(f) and 50(3)" in text
        )
        assert "docs/consent-and-law.md" in text


def test_a_card_names_the_language_of_a_corpus_where_it_is_known():
    manifest = read_bundle(bundle_folder("open")).manifest
    met = (*manifest.trained_on, TrainedOn(corpus="mine", n_clips=3))
    card = model_card(manifest.model_copy(update={"trained_on": met}))
    assert "\n\nCREMA-D (language: en), 1,587 clips of 62 speakers: 1001," in card
    assert "\n\nmine, 3 clips.\n\n" in card


def test_the_page_takes_it():
    pytest.importorskip("fastapi")
    from affuse.serve.about import info_of
    from affuse.serve.settings import ServerSettings

    info = info_of(ServerSettings(bundle_dir=bundle_folder("open")))
    assert info.classes == ["happy", "sad"]
    assert info.recogniser.startswith("affuse open voice ")


@pytest.mark.parametrize("given", ["", "https://example.org/bundle"])
@pytest.mark.parametrize("command", [["card"], ["predict", "a.wav", "--bundle"]])
def test_an_address_and_an_empty_name_are_no_folders(command, given, capsys):
    with pytest.raises(SystemExit) as ended:
        main([*command, given])
    assert ended.value.code == 2
    err = capsys.readouterr().err
    assert f"{given or 'an empty name'} was given; expected shipped, open, or a folder of" in err
    assert "Traceback" not in err
