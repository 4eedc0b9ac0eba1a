from __future__ import annotations

import re
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from plugins import installed

from affuse.corpora.known import known_readers
from affuse.corpora.registry import read, read_all
from affuse.errors import ConfigError, DatasetError
from affuse.registries import Registry


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    (tmp_path / "03-01-06-01-02-01-12.wav").write_bytes(b"0")
    (tmp_path / "mine.csv").write_text(
        "path,emotion,speaker\n03-01-06-01-02-01-12.wav,sad,Ann\n", "utf-8"
    )
    return tmp_path


@pytest.mark.parametrize("name", ["auto", "ravdess"])
def test_a_folder_is_read_as_the_corpus_that_its_names_show(corpus: Path, name: str) -> None:
    clip = read(corpus, name)[0]
    assert (clip.speaker, clip.corpus) == ("12", "RAVDESS")


@pytest.mark.parametrize("name", ["auto", "table"])
def test_a_file_is_read_as_a_table(corpus: Path, name: str) -> None:
    clip = read(str(corpus / "mine.csv"), name)[0]
    assert (clip.speaker, clip.corpus) == ("Ann", "mine")


def test_emotions_that_a_corpus_does_not_have_are_kept_and_noted(tmp_path: Path) -> None:
    rows = ["path,emotion,speaker,corpus"]
    for name, emotion, corpus in (
        ("a", "calm", "EMO-DB"),
        ("b", "sad", "EMO-DB"),
        ("c", "awe", ""),
    ):
        (tmp_path / f"{name}.wav").write_bytes(b"0")
        rows.append(f"{name}.wav,{emotion},03,{corpus}")
    (tmp_path / "mine.csv").write_text("\n".join(rows), "utf-8")
    index = read(tmp_path / "mine.csv")
    assert len(index) == 3
    assert index.notes == (
        "1 clip of EMO-DB is calm, which that corpus does not have by itself: it is kept as it is.",
    )


def test_nothing_there_says_what_is_expected(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"gone does not exist; .*columns path,emotion,speaker"):
        read(tmp_path / "gone")


def test_an_unknown_corpus_lists_the_known_ones(corpus: Path) -> None:
    with pytest.raises(ConfigError, match=r"'xyz' was given; expected one of .*emodb, .*ravdess,"):
        read(corpus, "xyz")
    with pytest.raises(ConfigError, match="'ravdes' was given: did you mean 'ravdess'"):
        read(corpus, "ravdes")


def test_two_corpora_in_one_folder_are_both_named(corpus: Path) -> None:
    (corpus / "03a01Fa.wav").write_bytes(b"0")
    with pytest.raises(DatasetError, match="expected one corpus: give one folder for each, or"):
        read(corpus)
    with pytest.raises(
        DatasetError,
        match=r"EMO-DB .* and RAVDESS .*; expected one .*--corpus emodb or --corpus ravdess",
    ):
        read(corpus)
    assert [clip.id for clip in read(corpus, "emodb")] == ["03a01Fa"]
    assert [clip.id for clip in read(corpus, "ravdess")] == ["01-06-01-02-01-12"]


def test_a_corpus_inside_another_is_named_with_its_folder(tmp_path: Path) -> None:
    for name in ("AudioWAV/1001_IEO_HAP_HI.wav", "more/wav/03a01Fa.wav", "more/wav/03a01Wa.wav"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"0")
    cremad, emodb = tmp_path / "AudioWAV", tmp_path / "more"
    with pytest.raises(DatasetError) as refusal:
        read(tmp_path)
    message = str(refusal.value)
    assert f"CREMA-D (in {cremad}) and EMO-DB (in {emodb})" in message
    assert f"give {cremad} {emodb}, or" in message
    assert len(read_all([cremad, emodb])) == 3


def test_a_small_corpus_is_seen_beside_a_large_one(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    for number in range(600):
        (tmp_path / "a" / f"SM1_F{number}_A{number}.wav").write_bytes(b"0")
    (tmp_path / "b" / "wav").mkdir(parents=True)
    (tmp_path / "b" / "wav" / "03a01Fa.wav").write_bytes(b"0")
    with pytest.raises(DatasetError, match=r"EMO-DB \(in .*b\) and URDU \(in .*a\); expected"):
        read(tmp_path)


def test_a_folder_of_no_corpus_says_what_was_seen_and_how_to_write_a_table(tmp_path: Path) -> None:
    (tmp_path / "holiday.wav").write_bytes(b"0")
    with pytest.raises(
        DatasetError, match=r"holiday\.wav.*affuse corpora lists them.*path,emotion,speaker"
    ):
        read(tmp_path)


def test_a_table_in_a_folder_of_no_corpus_is_pointed_at(tmp_path: Path) -> None:
    for name in ("holiday.wav", "labels.csv"):
        (tmp_path / name).write_bytes(b"0")
    with pytest.raises(DatasetError, match=r"give labels\.csv in it if it lists them"):
        read(tmp_path)


def test_two_corpora_become_one_index(tmp_path: Path) -> None:
    ravdess, emodb = tmp_path / "one", tmp_path / "other"
    for folder, name in ((ravdess, "03-01-03-01-01-01-03.wav"), (emodb, "03a01Fa.ogg")):
        folder.mkdir()
        (folder / name).write_bytes(b"0")
    index = read_all([ravdess, emodb])
    assert [(clip.corpus, clip.speaker, clip.emotion) for clip in index] == [
        ("RAVDESS", "RAVDESS/3", "happy"),
        ("EMO-DB", "EMO-DB/03", "happy"),
    ]
    assert index.corpora == ("EMO-DB", "RAVDESS")
    assert not index.notes


def test_a_path_given_twice_is_refused(corpus: Path) -> None:
    with pytest.raises(DatasetError, match="was given twice; expected each folder and table once"):
        read_all([corpus, corpus / "../" / corpus.name])


def test_tables_of_one_name_are_two_corpora(tmp_path: Path) -> None:
    for name in ("rome", "riga"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.wav").write_bytes(b"0")
        (tmp_path / name / "labels.csv").write_text("path,emotion,speaker\na.wav,sad,3\n", "utf-8")
    index = read_all([tmp_path / "rome" / "labels.csv", tmp_path / "riga" / "labels.csv"])
    assert index.speakers == ("riga/labels/3", "rome/labels/3")
    assert [clip.id for clip in index] == ["riga/labels/a", "rome/labels/a"]
    assert "riga/labels and rome/labels count as different people" in index.notes[0]


THEIRS = """
from affuse.corpora.index import Index
from affuse.corpora.media_files import first_media_names
from affuse.corpora.reader import Reader
from affuse.records import Clip


def recognises(path):
    return any(name.startswith("theirs_") for name in first_media_names(path))


def read(root):
    return Index((Clip("one", "sad", "1", corpus="THEIRS"),))


READER = Reader(
    title="THEIRS", recognises=recognises, read=read, citation="them", licence="free",
    source="ask them", example="theirs_1.wav", layout="a number", emotions=("sad",),
)
"""


def test_readers_of_other_packages_are_asked_and_a_broken_one_is_noted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    points = {"affuse.corpora": {"theirs": "their_reader:READER", "broken": "no_such:READER"}}
    package = installed(tmp_path / "package", "their-package", {"their_reader": THEIRS}, points)
    monkeypatch.syspath_prepend(package)
    known_readers.cache_clear()
    request.addfinalizer(known_readers.cache_clear)
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "theirs_1.wav").write_bytes(b"0")
    index = read(folder)
    assert index.corpora == ("THEIRS",)
    (note,) = index.notes
    assert "'broken' of their-package cannot be loaded" in note
    with pytest.raises(ConfigError, match="'broken' of their-package cannot be loaded"):
        read(folder, "broken")
    assert read(folder, "theirs").clips == index.clips


FAULTS = {
    "path.owner_of_all()": r"AttributeError: .*owner_of_all",
    "(path / 'no\\nsuch.csv').read_text()": r"FileNotFoundError: .*such\.csv",
}


@pytest.mark.parametrize("others", [("03-01-06-01-02-01-12.wav",), ()])
@pytest.mark.parametrize("fault", FAULTS)
def test_a_reader_of_another_package_that_fails_is_passed_over_and_named(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
    fault: str,
    others: tuple[str, ...],
) -> None:
    failing = THEIRS.replace("return any", f"return {fault} or any")
    points = {"affuse.corpora": {"failing": "failing_reader:READER"}}
    package = installed(tmp_path / "package", "failing-reader", {"failing_reader": failing}, points)
    monkeypatch.syspath_prepend(package)
    monkeypatch.delitem(sys.modules, "failing_reader", raising=False)
    known_readers.cache_clear()
    request.addfinalizer(known_readers.cache_clear)
    folder = tmp_path / "data"
    folder.mkdir()
    for name in ("notes.wav", *others):
        (folder / name).write_bytes(b"0")
    why = rf"orpus 'failing' of failing-reader could not look at .*data \({FAULTS[fault]}"
    if others:
        (note,) = (note for note in read(folder).notes if "failing" in note)
        assert re.match("C" + why, note)
    else:
        with pytest.raises(DatasetError, match="c" + why):
            read(folder)


def test_a_fault_of_a_reader_of_affuse_itself_is_no_other_package_s(
    corpus: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(_: Path) -> bool:
        raise TypeError("a fault of ours")

    known = known_readers()
    readers = {**known.entries, "emodb": replace(known.entries["emodb"], recognises=fails)}
    monkeypatch.setattr(
        "affuse.corpora.registry.known_readers", lambda: replace(known, entries=readers)
    )
    with pytest.raises(TypeError, match="a fault of ours"):
        read(corpus)


def test_a_folder_elsewhere_is_listed_once_for_all_readers(monkeypatch: pytest.MonkeyPatch) -> None:
    fsspec = pytest.importorskip("fsspec")
    system = fsspec.filesystem("memory")
    listed = []
    find = type(system).find
    monkeypatch.setattr(type(system), "find", lambda *a, **b: listed.append(a) or find(*a, **b))
    system.pipe("/crema/AudioWAV/1001_IEO_HAP_HI.wav", b"0")
    system.pipe("/crema/VideoDemographics.csv", b'"ActorID","Age","Sex"\n1001,51,"Male"\n')
    (clip,) = read("memory://crema")
    assert (clip.corpus, clip.attributes["age"]) == ("CREMA-D", "51")
    # Once to see whose it is, once to read it.
    assert len(listed) == 2


def test_a_corpus_may_be_called_by_its_title(corpus: Path) -> None:
    (corpus / "1001_IEO_HAP_HI.wav").write_bytes(b"0")
    assert read(corpus, "CREMA-D").corpora == read(corpus, "crema-d").corpora == ("CREMA-D",)
    assert read_all([corpus], "CREMA-D").corpora == ("CREMA-D",)


def test_a_corpus_within_another_is_named_with_its_own_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inner = tmp_path / "nest" / "emo"
    inner.mkdir(parents=True)
    (inner.parent / "03a01Fa.wav").write_bytes(b"0")
    (inner / "gio-f1-b1.wav").write_bytes(b"0")
    with pytest.raises(DatasetError) as refused:
        read(tmp_path)
    told = str(refused.value)
    assert f"EMO-DB (in {inner.parent}) and EMOVO (in {inner}); expected one corpus" in told
    # The outer folder holds both: it is no folder to give.
    assert "give one folder for each" in told
    monkeypatch.chdir(tmp_path)
    with pytest.raises(
        DatasetError, match=r"^\. looks like EMO-DB \(in nest\) and EMOVO \(in nest"
    ):
        read(".")
    monkeypatch.chdir(inner.parent)
    with pytest.raises(DatasetError, match=r"^\. looks like EMO-DB \(in \.\) and EMOVO \(in emo\)"):
        read(".")


def test_one_person_with_two_sexes_is_a_note(tmp_path: Path) -> None:
    for name in ("n1-01-01-01-25", "n1-02-01-01-25", "n1-03-01-02-25", "n1-01-01-02-37"):
        (tmp_path / f"{name}.wav").write_bytes(b"0")
    (note,) = read(tmp_path).notes
    assert note.startswith("Clips of 1 speaker say two sexes (a25: 2 female and 1 male): by sex")
    (tmp_path / "n1-03-01-02-25.wav").unlink()
    assert not read(tmp_path).notes


def test_readers_are_loaded_once_for_a_process(
    corpus: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded, load_all = [], Registry.load_all
    monkeypatch.setattr(Registry, "load_all", lambda kind: loaded.append(kind) or load_all(kind))
    known_readers.cache_clear()
    read(corpus)
    read(corpus)
    assert [kind.what for kind in loaded] == ["corpus"]
