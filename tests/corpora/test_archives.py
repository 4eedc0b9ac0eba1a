from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from affuse.corpora.archives import Unpacked, read_marker, unpack, write_marker
from affuse.errors import DownloadError, OutputError

CLIP = "03-01-01-01-01-01-01.wav"


def archived(folder: Path, files: dict[str, bytes]) -> Path:
    path = folder / "sound.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def below(folder: Path) -> list[str]:
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())


def test_the_wanted_actors_come_out(tmp_path: Path, audio_zip: dict[str, bytes]) -> None:
    out, steps = tmp_path / "out", []
    sizes = unpack(archived(tmp_path, audio_zip), out, [1, 12], lambda *s: steps.append(s))
    wanted = sorted(name for name in audio_zip if name.startswith(("Actor_01/0", "Actor_12")))
    assert below(out) == wanted
    assert sizes == {name: len(audio_zip[name]) for name in wanted}
    assert all((out / name).read_bytes() == audio_zip[name] for name in wanted)
    assert steps[-1] == ("unpack sound.zip", 8, 8)


@pytest.mark.parametrize(
    "name",
    [
        f"../../{CLIP}",
        f"/etc/{CLIP}",
        f"C:/Windows/{CLIP}",
        f"Audio_Speech_Actors_01-24/Actor_01/{CLIP}",
        CLIP,
    ],
)
def test_whatever_path_a_clip_has_it_lands_in_the_official_layout(
    tmp_path: Path, name: str
) -> None:
    archive = archived(tmp_path, {name: b"sound", "../evil.wav": b"x", "../../evil.txt": b"x"})
    unpack(archive, tmp_path / "a" / "b", [1])
    assert below(tmp_path) == [f"a/b/Actor_01/{CLIP}", "sound.zip"]


def test_none_of_the_actors_is_in_the_archive(tmp_path: Path) -> None:
    archive = archived(tmp_path, {CLIP: b"sound"})
    with pytest.raises(DownloadError, match=r"sound\.zip holds no clip of actors 2, 3; expected"):
        unpack(archive, tmp_path / "out", [3, 2])


@pytest.mark.parametrize("damage", ["not a zip", "checksum"])
def test_a_damaged_archive_is_named(tmp_path: Path, damage: str) -> None:
    archive = archived(tmp_path, {CLIP: b"sound of a clip"})
    content = archive.read_bytes()
    archive.write_bytes(
        b"nothing" if damage == "not a zip" else content.replace(b"sound of", b"noise of")
    )
    with pytest.raises(DownloadError, match=r"sound\.zip is not a whole zip archive .*remove it"):
        unpack(archive, tmp_path / "out", [1])
    assert not (tmp_path / "out" / "Actor_01" / CLIP).exists()


def test_a_place_that_cannot_be_written_is_an_output_error(tmp_path: Path) -> None:
    archive = archived(tmp_path, {CLIP: b"sound"})
    (tmp_path / "out").write_bytes(b"a file where the folder should be")
    with pytest.raises(OutputError, match=r"out/Actor_01/.* cannot be written \(a part"):
        unpack(archive, tmp_path / "out", [1])


def test_a_marker_holds_as_long_as_the_files_are_there(tmp_path: Path) -> None:
    sizes = unpack(archived(tmp_path, {CLIP: b"sound"}), tmp_path / "out", [1])
    written = Unpacked("abc", frozenset({1}), sizes)
    write_marker(tmp_path / "out", written)
    assert read_marker(tmp_path / "out") == written
    (tmp_path / "out" / "Actor_01" / CLIP).write_bytes(b"cut")
    assert read_marker(tmp_path / "out") is None
    (tmp_path / "out" / "Actor_01" / CLIP).unlink()
    assert read_marker(tmp_path / "out") is None


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"md5": "a", "actors": 1, "sizes": {}}'])
def test_a_marker_that_cannot_be_read_is_none(tmp_path: Path, content: str) -> None:
    (tmp_path / ".unpacked.json").write_text(content, "utf-8")
    assert read_marker(tmp_path) is None
    assert read_marker(tmp_path / "nowhere") is None
