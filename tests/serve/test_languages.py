"""The tables of the page's languages: the same keys, places and marks, all of them used."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

import pytest

import affuse
from affuse.serve.about import LANGUAGES, languages

STATIC = LANGUAGES.parent
TABLES = {
    path.stem: json.loads(path.read_text("utf-8")) for path in sorted(LANGUAGES.glob("*.json"))
}
ENGLISH = TABLES["en"]
PLACE = re.compile(r"\{\w+\}")
MARK = re.compile(r"\*\*|`|\]\([^)]*\)")
MOST_BYTES = 200_000


def source() -> str:
    files = [*STATIC.glob("*.js"), STATIC / "index.html"]
    return "\n".join(path.read_text("utf-8") for path in sorted(files))


@pytest.mark.parametrize("code", [code for code in TABLES if code != "en"])
def test_every_language_has_every_sentence(code):
    table = TABLES[code]
    assert sorted(table) == sorted(ENGLISH)
    for key, sentence in table.items():
        assert sentence.strip(), key
        assert sorted(PLACE.findall(sentence)) == sorted(PLACE.findall(ENGLISH[key])), key
        assert sorted(MARK.findall(sentence)) == sorted(MARK.findall(ENGLISH[key])), key


def sentences() -> dict[str, str]:
    """Code -> English of every message in the source, as a table writes its places."""
    found: dict[str, str] = {}
    for path in Path(affuse.__file__).parent.rglob("*.py"):
        text = path.read_text("utf-8")
        for node in ast.walk(ast.parse(text)) if "message(" in text else ():
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "message":
                code, template = map(ast.literal_eval, node.args)
                plain = re.sub(r"\{(\w+)[^}]*\}", r"{\1}", template)
                assert found.setdefault(code, plain) == plain, code
    return found


def test_what_the_server_says_stands_in_the_tables_as_it_says_it():
    in_table = {
        key.removeprefix("message."): sentence
        for key, sentence in ENGLISH.items()
        if key.startswith("message.")
    }
    assert in_table.pop("all") == "{parts}"
    assert in_table.pop("and") == ", and "
    assert in_table == sentences()


def test_english_comes_first_and_each_is_called_by_its_own_name():
    assert list(languages().items())[:2] == [("en", "English"), ("de", "Deutsch")]


def test_a_third_language_is_one_file(tmp_path, monkeypatch):
    for code, table in {**TABLES, "fr": ENGLISH | {"language.name": "Français"}}.items():
        (tmp_path / f"{code}.json").write_text(json.dumps(table), "utf-8")
    monkeypatch.setattr("affuse.serve.about.LANGUAGES", tmp_path)
    assert languages() == {"en": "English", "de": "Deutsch", "fr": "Français"}
    assert "Deutsch" not in source()
    assert not re.search(r"""["'](de|en-\w+)["']""", source()), "no language is known by its code"


def test_tables_have_what_the_page_asks_for_and_nothing_else():
    code = source()
    whole = set(re.findall(r'data-text(?:-[a-z-]+)?="([^"]+)"', code))
    whole |= set(re.findall(r'\bt\("([^"]+)"', code)) | set(re.findall(r'rich\("([^"]+)"', code))
    assert whole <= set(ENGLISH)
    begun = tuple(f"{start}." for start in re.findall(r"`((?:[a-z]+\.)*[a-z]+)\.\$\{", code))
    quoted = {key for key in ENGLISH if f'"{key}"' in code}
    unused = {key for key in ENGLISH if key not in quoted and not key.startswith(begun)}
    assert unused == {"language.name"}, "the server reads that one"


def test_the_page_is_small_in_all():
    sizes = {path: path.stat().st_size for path in STATIC.rglob("*") if path.is_file()}
    assert sum(sizes.values()) <= MOST_BYTES, sizes
