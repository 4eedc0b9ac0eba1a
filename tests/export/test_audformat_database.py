"""audformat databases load, validate, and hold what was predicted."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from affuse.errors import MissingDependency, OutputError
from affuse.export.registry import export, targets

audformat = pytest.importorskip("audformat", reason="audformat is not installed (extra interop)")
# audformat 1.4 reads its tables with an argument that pandas 3.1 deprecates.
pytestmark = pytest.mark.filterwarnings("ignore:The inplace keyword in DataFrame.set_index")


def loaded(predictions, folder: Path) -> audformat.Database:
    export(predictions, "audformat", folder)
    return audformat.Database.load(str(folder))


def test_segments_load(tmp_path, talk, silence):
    database = loaded([talk, silence], tmp_path / "database")
    assert list(database) == ["files", "segments"]
    table = database["segments"].get()
    audformat.assert_index(table.index)
    audformat.assert_no_duplicates(table.index)
    assert audformat.index_type(table.index) == audformat.define.IndexType.SEGMENTED
    assert table["emotion"].tolist()[:2] == ["happy", "calm"]
    assert table["emotion"].isna().tolist() == [False, False, True, False, True]
    starts = table.index.get_level_values("start").total_seconds()
    ends = table.index.get_level_values("end").total_seconds()
    assert starts.tolist() == [0, 2, 4, 6, 0]
    assert ends.tolist() == [4, 6, 8, 10, 1]


def test_values_fit_their_schemes(tmp_path, talk):
    database = loaded([talk], tmp_path / "database")
    table = database["segments"].get()
    assert list(database.schemes["emotion"].labels) == list(talk.classes)
    assert database["segments"]["p_fused_calm"].scheme_id == "share"
    assert table["p_fused_calm"].iloc[1] == pytest.approx(0.6)
    assert table["face"].tolist() == [1, 1, 0, 1]
    fused = table[[column for column in table.columns if column.startswith("p_fused_")]]
    assert np.allclose(fused.sum(axis=1), 1, atol=1e-5)
    with pytest.raises(ValueError, match="minimum"):
        database["segments"]["confidence"].set(-1.0)


def test_whole_files_load(tmp_path, talk, silence):
    table = loaded([talk, silence], tmp_path / "database")["files"].get()
    assert audformat.index_type(table.index) == audformat.define.IndexType.FILEWISE
    assert table["emotion"].iloc[0] == "happy"
    assert pd.isna(table["emotion"].iloc[1])
    assert table["confidence"].iloc[0] == pytest.approx(0.65)


def test_files_below_the_database_are_relative(tmp_path, talk, silence):
    below = replace(talk, path=str(tmp_path / "database" / "clips" / "talk.mp4"))
    outside = replace(silence, path=str(tmp_path / 'Müller & "co".wav'))
    files = loaded([below, outside], tmp_path / "database").files
    assert set(files) == {"clips/talk.mp4", (tmp_path / 'Müller & "co".wav').as_posix()}


def test_each_face_has_its_table(tmp_path, couple, talk):
    database = loaded([couple, talk], tmp_path / "database")
    assert set(database) == {"files", "segments", "segments.face1", "segments.face2"}
    assert database["segments.face2"].get()["emotion"].tolist() == ["sad", "angry"]
    assert len(database["segments"]) == 4


def test_a_file_given_twice_is_refused(tmp_path, talk):
    with pytest.raises(OutputError, match=r"talk\.mp4 was given more than once; expected each"):
        targets([talk.path, f"./{talk.path}"], "audformat", tmp_path / "database")


def test_missing_audformat_is_named_before_any_work(tmp_path, talk, monkeypatch):
    monkeypatch.setitem(sys.modules, "audformat", None)
    with pytest.raises(MissingDependency) as refused:
        targets([talk.path], "audformat", tmp_path / "database")
    assert str(refused.value) == (
        "package 'audformat' is not installed, and this step needs it: "
        "pip install 'affuse[interop]'"
    )
