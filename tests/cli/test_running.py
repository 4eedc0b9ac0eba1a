"""What a run says: first that people are drawn, at the end what to open and what to do next."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile

from affuse.cli import main
from affuse.cli.tables import short_text
from affuse.config import load_config
from affuse.corpora.readers.ravdess import read_ravdess
from affuse.experiment import run
from affuse.splits.protocols import why_leaky

pytestmark = pytest.mark.usefixtures("undrawn_charts")

SHORT = ["--set", "evaluation.n_bootstrap=100", "--jobs", "1"]
SOUND_ALONE = ["--set", "features.video=none", *SHORT]


def said(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    with pytest.raises(SystemExit) as ended:
        main([str(argument) for argument in arguments])
    told = capsys.readouterr()
    assert not ended.value.code, told.err
    return told.out


@pytest.fixture
def sounds(tmp_path: Path, rng: np.random.Generator) -> Path:
    """Folder in RAVDESS names, sound alone: two speakers, two emotions; other files beside it."""
    folder = tmp_path / "my clips"
    folder.mkdir()
    for speaker in (1, 2):
        for code, hz in ((2, 200), (5, 600)):
            for take in (1, 2):
                tone = np.sin(2 * np.pi * hz * np.arange(8000) / 8000)
                name = f"03-01-{code:02}-01-01-{take:02}-{speaker:02}.wav"
                soundfile.write(folder / name, 0.5 * tone + 0.01 * rng.normal(size=8000), 8000)
    (folder / "notes.docx").write_text("not a recording")
    (folder / "read me.txt").write_text("not a recording")
    return folder


def test_a_run_ends_with_what_to_open_and_what_to_do_next(sounds, tmp_path, capsys):
    out = tmp_path / "a run"
    text = said(capsys, "run", sounds, *SOUND_ALONE, "--out", out)
    assert text.splitlines()[-3:] == [
        f"Written to {out}.",
        f"Open {out}/report.html in a browser: it needs no network.",
        f"Next: affuse predict my.mp4 --bundle '{out}/bundle'",
    ]
    assert text.startswith("quick recipe on my clips\n")
    assert "2 passed over: " in text
    assert "drawn" not in text
    assert "2 passed over" in (out / "report.html").read_text("utf-8")
    contents = pd.read_csv(out / "contents.csv")
    assert len(set(contents["content"])) == 8


@pytest.mark.usefixtures("no_report")
def test_the_next_command_has_what_the_bundle_wants(sounds, tmp_path, capsys):
    paths = sorted(sounds.glob("*.wav"))
    rows = [
        f"{path.name},{('-05-' in path.name) + n / 100},{n % 3}" for n, path in enumerate(paths)
    ]
    units = tmp_path / "units.csv"
    units.write_text("\n".join(["clip,AU04,AU12", *rows]), "utf-8")
    out = tmp_path / "run"
    taken = ["--set", "features.audio=none", "--features", f"video={units}", *SHORT]
    text = said(capsys, "run", sounds, *taken, "--out", out)
    command = f"affuse predict my.mp4 --bundle {out}/bundle --features video=FILE.csv"
    assert text.splitlines()[-1] == f"Next: {command}"
    assert "The bundle takes video features from a table, as the run did from units.csv" in text


@pytest.mark.usefixtures("no_report")
def test_a_run_without_a_bundle_points_elsewhere(sounds, tmp_path, capsys):
    options = [*SOUND_ALONE, "--set", "bundle.enabled=false", "--out", tmp_path / "run"]
    text = said(capsys, "run", sounds, *options)
    assert text.splitlines()[-1] == f"Next: affuse audit '{sounds}' says what would leak."


@pytest.mark.usefixtures("trunk")
def test_features_of_sound_alone_are_stored_and_counted(sounds, capsys):
    text = said(capsys, "features", sounds, "--jobs", "1")
    lines = [" ".join(line.split()) for line in text.splitlines()]
    assert lines[0].endswith("8 clips")
    assert lines[0].startswith("audio MFCC")
    assert lines[1].endswith("0 clips")
    assert lines[1].startswith("video VGG16")
    assert text.endswith(
        f"\nStored for later runs.\nNext: affuse run '{sounds}' with the same options.\n"
    )


def test_the_first_line_says_that_people_are_drawn(drawn_corpus, tmp_path, capsys):
    out = tmp_path / "run"
    rows = [
        f"{clip.video},{stretch},{clip.emotion},{clip.speaker}"
        for clip in read_ravdess(drawn_corpus(2, "happy", "sad"))
        if clip.speaker in ("1", "2") and clip.emotion in ("happy", "sad")
        for stretch in ("0,1.5", "1.5,3")
    ]
    table = tmp_path / "halves.csv"
    table.write_text("\n".join(["path,start,end,emotion,speaker", *rows]), "utf-8")
    text = said(capsys, "run", table, *SOUND_ALONE, "--out", out)
    warning = "These people are drawn, and their voices are synthesised: no figure here says"
    assert text.startswith(warning)
    page = (out / "report.html").read_text("utf-8")
    assert f'<p class="warning">{warning}' in page
    assert json.loads((out / "summary.json").read_text("utf-8"))["drawn"].startswith(warning)
    assert "--bundle" not in text  # of drawn people, for nobody's recordings


def test_a_first_look_is_short(sounds):
    overrides = {
        "data.path": str(sounds),
        "features.video": "none",
        "evaluation.protocols": ["speaker-independent", "random"],
        "jobs": 1,
    }
    result = run(load_config("quick", overrides=overrides))
    text = short_text(result)
    best = result.honest[0]
    assert f"{100 * best.scores.uar:.1f}" in text
    assert text.count("95 % over speakers") == 1
    rows = [line for line in text.splitlines() if " audio " in line]
    assert len(rows) == 1
    assert rows[0].startswith(best.out_of_fold.system.model)
    assert "leaky, not comparable: random protocol up to " in text
    table = result.results
    assert table.columns[-1] == "leak"
    assert list(table["leak"]) == [why_leaky(protocol) for protocol in table["protocol"]]
    assert list(table["leak"] != "") == list(table["leaky"])
