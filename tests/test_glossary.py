"""One word, one meaning: the glossary has every public class, and no identifier a refused word."""

from __future__ import annotations

import inspect
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

import affuse
from affuse import records

SOURCE = Path(affuse.__file__).parent
GLOSSARY = Path(__file__).parents[1] / "docs" / "glossary.md"

REFUSED = {
    "heard": "trained on, provenance, or speech",
    "judged": "predicted",
    "listened": "voice activity",
    "looks": "sampled frames",
    "rounds": "epochs",
    "said": "predicted, or probabilities",
    "sight": "face observation",
    "sights": "face observations",
    "told": "what it holds: rows, notes, message",
    "watched": "analysed, or tracked",
    "witness": "rater, or tracker",
}
"""Part of an identifier -> the field's term for it."""

WORDS = (
    "corpus", "clip", "take key", "speaker", "emotion", "label", "target", "task", "emotion map",
    "label set", "provenance", "modality", "extractor", "learned feature", "early fusion",
    "late fusion", "decision fusion", "hybrid fusion", "protocol", "UAR", "system", "bundle",
    "fold", "member", "window", "run folder", "CCC",
)  # fmt: skip


def parts(identifier: str) -> list[str]:
    """Words of a name in snake_case, CamelCase or capitals."""
    pieces = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", identifier)
    return [piece.lower() for piece in pieces]


def identifiers(source: str) -> Iterator[tuple[int, str]]:
    """Line and text of each name in Python code; strings and comments have none."""
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.NAME:
            yield token.start[0], token.string


def refused(source: str) -> list[str]:
    return [
        f"{line}: {name}: use {REFUSED[part]}"
        for line, name in identifiers(source)
        for part in parts(name)
        if part in REFUSED
    ]


def first_column() -> set[str]:
    rows = re.findall(r"^\| ([^|]+) \|", GLOSSARY.read_text("utf-8"), re.MULTILINE)
    return {word.strip(" `") for row in rows for word in row.split(",")}


def test_parts_of_names():
    assert parts("_said_by_face") == ["said", "by", "face"]
    assert parts("LOOKS_PER_S") == ["looks", "per", "s"]
    assert parts("WatchedONNXFace") == ["watched", "onnx", "face"]


@pytest.mark.parametrize("code", ["n_looks = 1", "class Judged: ...", "f(told=1)", "x.heard"])
def test_a_refused_word_is_found_whatever_names_it(code):
    assert len(refused(f"# nothing is said here\n{code}\n")) == 1


def test_no_module_has_a_refused_word_in_a_name():
    modules = sorted(SOURCE.rglob("*.py"))
    found = {str(path.relative_to(SOURCE)): refused(path.read_text("utf-8")) for path in modules}
    assert len(modules) > 100
    assert {name: lines for name, lines in found.items() if lines} == {}
    assert [path.name for path in modules if set(parts(path.stem)) & set(REFUSED)] == []


@pytest.mark.parametrize("word", WORDS)
def test_words_of_the_design_have_a_line(word):
    assert word in first_column()


def test_public_classes_have_a_line():
    exported = (getattr(affuse, name) for name in affuse.__all__)
    own = (value for value in vars(records).values() if inspect.isclass(value))
    classes = {
        value.__name__
        for value in (*exported, *own)
        if inspect.isclass(value) and value.__module__.startswith("affuse")
    }
    assert {"Clip", "Segment", "Result"} <= classes
    assert classes - first_column() == set()


def test_a_word_has_one_line():
    rows = re.findall(r"^\| ([^|]+) \|", GLOSSARY.read_text("utf-8"), re.MULTILINE)
    words = [row for row in rows if row.strip("- ") not in ("", "word", "record")]
    assert sorted(words) == sorted(set(words))
