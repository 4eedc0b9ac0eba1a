from __future__ import annotations

import importlib
from pathlib import Path

import pytest

from affuse.corpora.registry import DATASETS, read_index
from affuse.errors import DatasetError


@pytest.mark.parametrize("name", DATASETS)
def test_every_name_leads_to_a_reader(name: str) -> None:
    module, _, attribute = DATASETS[name].partition(":")
    assert callable(getattr(importlib.import_module(module), attribute))


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    (tmp_path / "03-01-06-01-02-01-12.wav").write_bytes(b"0")
    (tmp_path / "mine.csv").write_text(
        "path,emotion,speaker\n03-01-06-01-02-01-12.wav,sad,Ann\n", "utf-8"
    )
    return tmp_path


@pytest.mark.parametrize("reader", ["auto", "ravdess"])
def test_a_folder_is_read_as_ravdess(corpus: Path, reader: str) -> None:
    assert read_index(corpus, reader)[0].speaker == "12"


@pytest.mark.parametrize("reader", ["auto", "table"])
def test_a_file_is_read_as_a_table(corpus: Path, reader: str) -> None:
    assert read_index(str(corpus / "mine.csv"), reader)[0].speaker == "Ann"


def test_nothing_there_says_what_is_expected(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"gone does not exist; .*columns path,emotion,speaker"):
        read_index(tmp_path / "gone")


def test_an_unknown_reader_lists_the_known_ones(corpus: Path) -> None:
    with pytest.raises(DatasetError, match="'cremad' was given; expected one of auto, ravdess,"):
        read_index(corpus, "cremad")
