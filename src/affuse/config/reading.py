"""Recipe (TOML), settings and overrides -> validated configuration. An unknown key is an error."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Mapping, Sequence
from importlib import resources
from itertools import takewhile
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from affuse.config.records import Config, ModelConfig
from affuse.config.renamed import RENAMED
from affuse.errors import ConfigError


def recipe_names() -> list[str]:
    """Names of the recipes that come with affuse.

    Returns
    -------
    list of str
        Sorted.
    """
    folder = resources.files("affuse") / "recipes"
    return sorted(Path(p.name).stem for p in folder.iterdir() if p.name.endswith(".toml"))


def load_config(
    recipe: str | Path | None = "quick",
    settings: Sequence[str] = (),
    overrides: Mapping[str, Any] | None = None,
) -> Config:
    """Configuration from a recipe, ``key=value`` settings and overrides, in that order.

    Parameters
    ----------
    recipe : str, Path or None
        Name of a recipe of affuse, or path of a TOML file; None: every setting at its default.
    settings : sequence of str
        ``dotted.key=value`` with the value in TOML; text may stand without quotes.
    overrides : mapping, optional
        Dotted key -> value, applied last.

    Returns
    -------
    Config

    Raises
    ------
    ConfigError
        Unknown recipe, key or value; says what was expected.

    Examples
    --------
    >>> load_config("quick", ["seed=3", "features.mfcc.n_mfcc=13"]).features.mfcc.n_mfcc
    13
    """
    if not isinstance(overrides or {}, Mapping):
        raise ConfigError(
            f"overrides {overrides!r} were given; expected a dict of keys and values, such as "
            '{"data.path": "clips.csv"}'
        )
    tree = {} if recipe is None else _read_recipe(recipe)
    for setting in settings:
        key, value = _parse_setting(setting)
        _assign(tree, key, value)
    for key, value in (overrides or {}).items():
        _assign(tree, key, value)
    if recipe is not None:
        tree.setdefault("recipe", Path(recipe).stem)
    return _validated(tree)


def _read_recipe(recipe: str | Path) -> dict[str, Any]:
    name = str(recipe)
    if name in recipe_names():
        content = (resources.files("affuse") / "recipes" / f"{name}.toml").read_bytes()
    elif name.endswith(".toml") and Path(name).is_file():
        content = Path(name).read_bytes()
    else:
        raise ConfigError(
            f"recipe {name!r} was given; expected one of {', '.join(recipe_names())}, "
            "or the path of an existing .toml file"
        )
    try:
        return tomllib.loads(content.decode("utf-8"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(
            f"recipe {name!r} is not valid TOML ({error}); expected UTF-8 text such as "
            "affuse run leaves as config.toml"
        ) from error


def _parse_setting(setting: str) -> tuple[str, Any]:
    key, equals, text = setting.partition("=")
    if not equals or not key.strip():
        raise ConfigError(f"setting {setting!r} was given; expected key=value, such as seed=3")
    try:
        found = tomllib.loads(f"value = {text}")
    except tomllib.TOMLDecodeError as error:
        found = {}
        inner = text.strip()
        if inner.startswith("[") and (inner.endswith("]") or "]" not in inner):
            raise ConfigError(
                f"setting {setting!r} was given, whose brackets hold no list ({error}); expected "
                f'text in quotes between them, such as {key.strip()}=["one", "two"]'
            ) from error
    # A value of several lines would set several keys, all but the first of which would be lost.
    return key.strip(), found["value"] if found.keys() == {"value"} else text


def _assign(tree: dict[str, Any], key: str, value: Any) -> None:
    *parents, leaf = key.split(".")
    for parent in parents:
        child = tree.setdefault(parent, {})
        if not isinstance(child, dict):
            raise ConfigError(f"setting {key!r} was given, but {parent!r} has no fields of its own")
        tree = child
    tree[leaf] = value


def _validated(tree: dict[str, Any]) -> Config:
    try:
        return Config.model_validate(tree)
    except ValidationError as error:
        items = error.errors()
        # An invalid item also makes its list too short: a consequence that need not be reported.
        inner = {item["loc"][:n] for item in items for n in range(len(item["loc"]))}
        shown = [item for item in items if item["type"] != "too_short" or item["loc"] not in inner]
        problems = "; ".join(map(_explain, shown))
        raise ConfigError(f"configuration does not fit: {problems}") from error


def _explain(item: Any) -> str:
    path = [part for part in item["loc"] if isinstance(part, str)]
    key = ".".join(str(part) for part in item["loc"])
    if item["type"] != "extra_forbidden":
        named = ".".join(takewhile(lambda part: isinstance(part, str), item["loc"]))
        hint = f" (affuse settings {named} tells more)" if named else ""
        return f"{key} = {item['input']!r}: {_plain(item['msg'])}{hint}"
    if key in RENAMED:
        return f"there is no setting {key!r} any more: {RENAMED[key]}"
    legal = _fields_at(path[:-1])
    near = difflib.get_close_matches(path[-1], legal, n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"expected one of {', '.join(legal)}"
    return f"unknown key {key!r}: {hint}"


def _plain(message: str) -> str:
    """A validation error in the terms of recipes: lists and tables, no Python types."""
    message = re.sub(r"a valid dictionary or instance of \w+", "a table of settings", message)
    message = message.replace("a valid tuple", "a list").replace("Tuple should", "List should")
    return message.removeprefix("Value error, ").replace(" after validation", "")


def _fields_at(path: list[str]) -> list[str]:
    model: type[BaseModel] = Config
    for part in path:
        inner = model.model_fields[part].annotation
        if inner == tuple[ModelConfig, ...]:
            inner = ModelConfig
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            model = inner
    return list(model.model_fields)
