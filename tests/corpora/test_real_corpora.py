"""Corpora as they were published, against a list of their labels that others wrote."""

from __future__ import annotations

from pathlib import Path

import pytest

from affuse.corpora.index import Index
from affuse.corpora.registry import read
from affuse.corpora.table import read_table

CORPORA = {"CREMA-D": 1588, "EMO-DB": 410, "EMOVO": 490, "nEMO": 1200, "ASED": 1300, "URDU": 302}


def facts(index: Index) -> list[tuple[object, ...]]:
    known = ("sex", "language")
    return sorted(
        (str(c.audio), c.emotion, c.speaker, *(c.attributes[name] for name in known)) for c in index
    )


@pytest.mark.parametrize("corpus", CORPORA)
def test_folders_of_real_corpora_agree_with_their_labels(shared_data: Path, corpus: str) -> None:
    folder = shared_data / "corpora" / corpus
    index = read(folder)
    assert index.corpora == (corpus,)
    assert len(index) == CORPORA[corpus]
    assert facts(index) == facts(read_table(folder / "labels.csv"))
    assert not index.skipped
    both = (
        "Clips of 2 speakers say two sexes (a23: 26 female and 1 male, a25: 40 female and 1 male)"
    )
    assert [note[: len(both)] for note in index.notes] == ([both] if corpus == "ASED" else [])


def test_actors_of_real_cremad_have_an_age(shared_data: Path) -> None:
    index = read(shared_data / "corpora" / "CREMA-D" / "AudioWAV")
    ages = [int(clip.attributes["age"]) for clip in index]
    assert (min(ages), max(ages)) == (20, 74)
