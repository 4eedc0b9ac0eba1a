"""People's votes on FER2013's faces."""

from __future__ import annotations

import zipfile
from pathlib import PurePosixPath

import numpy as np
import pytest

from affuse.corpora.face_votes import VOTED_EMOTIONS, read_face_votes
from affuse.errors import DatasetError

HEAD = "file,fer2013_label,copy_of_a_test_face,{emotions},unknown,not_a_face".format(
    emotions=",".join(VOTED_EMOTIONS)
)


@pytest.fixture
def table(tmp_path):
    def written(*rows: str, head: str = HEAD):
        path = tmp_path / "votes.csv"
        path.write_text("\n".join((head, *rows)) + "\n", "utf-8")
        return path

    return written


def test_votes_become_shares_in_the_order_of_the_faces(table):
    path = table("a.jpg,sad,0,1,0,0,7,0,0,2,0,0,0", "b.jpg,happy,1,0,9,1,0,0,0,0,0,0,0")
    found = read_face_votes(path, ["happy/b.jpg", "sad/a.jpg"])
    expected = [[0, 0.9, 0.1, 0, 0, 0, 0, 0], [0.1, 0, 0, 0.7, 0, 0, 0.2, 0]]
    np.testing.assert_allclose(found.shares, expected, atol=1e-6)
    assert found.voted.tolist() == [True, True]
    assert found.copies.tolist() == [True, False]
    assert found.take(np.array([1])).shares[0, 3] == pytest.approx(0.7)


def test_too_few_votes_and_no_faces_say_nothing(table):
    path = table(
        "few.jpg,sad,0,0,0,0,4,0,0,0,0,6,0",
        "none.jpg,sad,0,0,0,0,5,0,0,0,0,0,5",
        "blank.jpg,sad,0,,,,,,,,,,",
        "good.jpg,sad,0,0,0,0,5,0,0,0,0,1,4",
    )
    names = ["sad/few.jpg", "sad/none.jpg", "sad/blank.jpg", "sad/absent.jpg", "sad/good.jpg"]
    found = read_face_votes(path, names)
    assert found.voted.tolist() == [False, False, False, False, True]
    assert not found.shares[:4].any()


def test_files_of_one_name_are_told_apart_by_their_emotion(table):
    path = table("a.jpg,neutral,0,9,0,0,0,0,0,0,0,0,0", "a.jpg,surprise,0,0,0,9,0,0,0,0,0,0,0")
    found = read_face_votes(path, ["surprise/a.jpg", "neutral/a.jpg"])
    assert found.shares.argmax(1).tolist() == [2, 0]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (["a.jpg,sad,0,1,0,0,7,0,0,2,0,0,0"] * 2, r"'sad/a.jpg' twice \(lines 2 and 3\)"),
        (["a.jpg,sad,0,1,0,0,many,0,0,2,0,0,0"], "line 2: sadness is 'many'; expected how many"),
        (["a.jpg,sad,0,1,0,0,-7,0,0,2,0,0,0"], "line 2: sadness is '-7'"),
        (["b.jpg,sad,0,1,0,0,7,0,0,2,0,0,0"], r"names no face here \(first: sad/a"),
    ],
)
def test_a_table_that_cannot_be_is_refused(table, rows, message):
    with pytest.raises(DatasetError, match=message):
        read_face_votes(table(*rows), ["sad/a.jpg"])


def test_a_table_without_counts_is_refused(table):
    path = table("a.jpg,sad", head="file,emotion")
    with pytest.raises(
        DatasetError, match=r"has no column neutral .*; expected file,neutral,happi"
    ):
        read_face_votes(path, ["sad/a.jpg"])


@pytest.mark.data
def test_the_votes_on_fer2013_fit_its_faces(shared_data):
    with zipfile.ZipFile(shared_data / "fer2013.zip") as archive:
        parts = [PurePosixPath(name).parts[-3:] for name in sorted(archive.namelist())]
    names = ["/".join(part[1:]) for part in parts if part[0] == "train" and part[2].endswith("g")]
    found = read_face_votes(shared_data / "ferplus_votes.csv", names)
    assert found.copies.sum() == 796
    assert found.voted.mean() > 0.98
    # FER2013's happy faces are happy to nearly everybody.
    happy = np.array([name.startswith("happy/") for name in names])
    assert found.shares[happy, 1].mean() > 0.8
