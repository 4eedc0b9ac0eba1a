from __future__ import annotations

from pathlib import Path

from affuse.datasets.media_files import media_files


def names(root: Path) -> list[str]:
    return [path.relative_to(root).as_posix() for path in media_files(root)]


def test_media_files_are_found_at_any_depth_whatever_the_case_of_their_suffix(
    tmp_path: Path,
) -> None:
    for name in ("b.WAV", "x/y/a.Mp4", "x/readme.txt", "c.zip"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    assert names(tmp_path) == ["b.WAV", "x/y/a.Mp4"]


def test_hidden_files_and_what_macos_adds_are_left_out(tmp_path: Path) -> None:
    for name in ("._a.wav", ".cache/a.wav", "__MACOSX/a.wav", "a.wav"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert names(tmp_path) == ["a.wav"]


def test_links_are_followed_but_never_in_circles(tmp_path: Path) -> None:
    elsewhere, root = tmp_path / "disk", tmp_path / "corpus"
    elsewhere.mkdir()
    root.mkdir()
    (elsewhere / "a.wav").touch()
    (elsewhere / "back").symlink_to(root)
    (root / "linked").symlink_to(elsewhere)
    assert names(root) == ["linked/a.wav"]
