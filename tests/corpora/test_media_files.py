from __future__ import annotations

import os
from pathlib import Path

import pytest

from affuse.corpora.media_files import folder_contents, passed_over_text


def written(root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"0")


def names(root: Path) -> list[str]:
    return [path.relative_to(root).as_posix() for path in folder_contents(root).files]


def passed_over(root: Path) -> dict[str, str]:
    return {item.name: item.reason for item in folder_contents(root).passed_over}


def test_media_files_are_found_at_any_depth_whatever_the_case_of_their_suffix(
    tmp_path: Path,
) -> None:
    written(tmp_path, "b.WAV", "x/y/a.Mp4", "x/readme.txt", "c.zip")
    assert names(tmp_path) == ["b.WAV", "x/y/a.Mp4"]


@pytest.mark.parametrize(
    "suffix",
    [
        *("mts", "m2ts", "ts", "3gp", "3g2", "wma", "amr", "opus", "m4v", "mpg", "mpeg", "ogv"),
        *("flv", "webm", "mka", "aiff", "au", "mp2", "wv", "caf"),  # codespell:ignore caf
        *("3ga", "dss", "voc", "h264", "hevc"),
    ],
)
def test_every_kind_of_recording_is_taken(tmp_path: Path, suffix: str) -> None:
    written(tmp_path, f"one.{suffix}", f"two.{suffix.upper()}")
    assert names(tmp_path) == [f"one.{suffix}", f"two.{suffix.upper()}"]


def test_what_is_passed_over_is_named_with_its_reason(tmp_path: Path) -> None:
    written(tmp_path, "._a.wav", ".cache/a.wav", "__MACOSX/a.wav", ".b.wav", "a.wav", "a.txt", "ab")
    (tmp_path / "nothing.wav").touch()
    (tmp_path / "gone.wav").symlink_to(tmp_path / "nowhere.wav")
    os.mkfifo(tmp_path / "pipe.wav")
    assert names(tmp_path) == ["a.wav"]
    assert passed_over(tmp_path) == {
        "._a.wav": "what macOS keeps beside a file (._ or __MACOSX): no recording",
        ".b.wav": "hidden",
        ".cache": "hidden",
        "__MACOSX": "what macOS keeps beside a file (._ or __MACOSX): no recording",
        "a.txt": "with the suffix .txt, which is none of a media file",
        "ab": "without a suffix",
        "gone.wav": "no file: a link that leads nowhere, a pipe or a device",
        "nothing.wav": "empty (0 bytes)",
        "pipe.wav": "no file: a link that leads nowhere, a pipe or a device",
    }


def test_what_is_passed_over_is_counted_on_one_line(tmp_path: Path) -> None:
    written(tmp_path, "a.txt", "b.txt", ".c.wav", "d.wav")
    assert passed_over_text(folder_contents(tmp_path).passed_over) == (
        "3 passed over: 2 with the suffix .txt, which is none of a media file, 1 hidden"
    )
    assert passed_over_text(()) == ""


def test_links_are_followed_but_never_in_circles(tmp_path: Path) -> None:
    elsewhere, root = tmp_path / "disk", tmp_path / "corpus"
    elsewhere.mkdir()
    root.mkdir()
    written(elsewhere, "a.wav")
    (elsewhere / "back").symlink_to(root)
    (root / "linked").symlink_to(elsewhere)
    assert names(root) == ["linked/a.wav"]
