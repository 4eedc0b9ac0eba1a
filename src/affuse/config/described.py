"""Settings and recipes as a person looks them up: name, default, what is allowed, meaning."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import resources
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import AfterValidator, BaseModel
from pydantic.fields import FieldInfo

from affuse.config.names import Fused, Named
from affuse.config.reading import recipe_names
from affuse.config.records import Config
from affuse.config.renamed import RENAMED
from affuse.errors import ConfigError

_WORDS = {
    str: "text",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    Any: "any value",
}
_BOUNDS = {"ge": "{:,g} or more", "gt": "above {:,g}", "le": "{:,g} or less", "lt": "below {:,g}"}


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting.

    Attributes
    ----------
    name : str
        As ``--set`` takes it, such as ``features.mfcc.n_mfcc``; fields of each model have the
        name ``models[].scaler``.
    default : str
        As ``--set`` takes it; empty where it must be given.
    allowed : str
        What it may be, in words.
    meaning : str
        One sentence.
    """

    name: str
    default: str
    allowed: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Recipe:
    """A recipe that comes with affuse: its name, what it is for, its text in TOML."""

    name: str
    meaning: str
    text: str


def settings() -> tuple[Setting, ...]:
    """Every setting, in the order of the configuration.

    Returns
    -------
    tuple of Setting
    """
    return tuple(_settings_of(Config, ""))


def settings_named(name: str) -> tuple[Setting, ...]:
    """Settings of that name or in the group of that name; the last part of a name is enough.

    Parameters
    ----------
    name : str
        Such as ``features.mfcc.n_mfcc``, ``features.mfcc`` or ``n_mfcc``.

    Returns
    -------
    tuple of Setting

    Raises
    ------
    ConfigError
        There is none; says which is nearest.

    Examples
    --------
    >>> [setting.name for setting in settings_named("n_mfcc")]
    ['features.mfcc.n_mfcc']
    """
    every = settings()
    wanted = name.strip().removesuffix(".")
    exact = tuple(each for each in every if each.name == wanted)
    within = tuple(each for each in every if each.name.startswith((f"{wanted}.", f"{wanted}[]")))
    found = (*exact, *within) if wanted else ()
    ends = tuple(each for each in every if each.name.rpartition(".")[2] == wanted)
    groups = tuple(each for each in every if f".{wanted}." in each.name) if wanted else ()
    if found or ends or groups:
        return found or ends or groups
    if wanted in RENAMED:
        raise ConfigError(f"there is no setting {name!r} any more: {RENAMED[wanted]}")
    names = {each.name for each in every}
    last_parts = {each.rpartition(".")[2]: each for each in sorted(names, reverse=True)}
    near = difflib.get_close_matches(wanted, [*sorted(names), *last_parts], n=1)
    hint = f"did you mean {last_parts.get(near[0], near[0])!r}?" if near else "see affuse settings"
    raise ConfigError(f"there is no setting {name!r}; expected one that affuse has: {hint}")


def recipes() -> tuple[Recipe, ...]:
    """The recipes that come with affuse, by name.

    Returns
    -------
    tuple of Recipe
    """
    folder = resources.files("affuse") / "recipes"
    texts = ((name, (folder / f"{name}.toml").read_text("utf-8")) for name in recipe_names())
    return tuple(Recipe(name, _comment(text), text) for name, text in texts)


def recipe_named(name: str) -> Recipe:
    """The recipe of a given name.

    Parameters
    ----------
    name : str

    Returns
    -------
    Recipe

    Raises
    ------
    ConfigError
        There is none of that name; lists those there are.
    """
    every = {recipe.name: recipe for recipe in recipes()}
    if name not in every:
        near = difflib.get_close_matches(name, every, n=1)
        hint = f": did you mean {near[0]!r}?" if near else ""
        raise ConfigError(f"there is no recipe {name!r}; expected one of {', '.join(every)}{hint}")
    return every[name]


def _comment(text: str) -> str:
    """The comment at the top of a recipe, as one text."""
    lines = []
    for line in text.splitlines():
        if not line.startswith("#"):
            break
        lines.append(line.removeprefix("#").strip())
    return " ".join(lines)


def _settings_of(model: type[BaseModel], before: str) -> Iterator[Setting]:
    for name, field in model.model_fields.items():
        inner = _model_in(field.annotation)
        if field.annotation is not inner:
            default = "" if field.is_required() else _typed(field.default)
            yield Setting(before + name, default, _allowed(field), field.description or "")
        if inner is not None:
            separator = "." if field.annotation is inner else "[]."
            yield from _settings_of(inner, f"{before}{name}{separator}")


def _model_in(annotation: Any) -> type[BaseModel] | None:
    """The record that a field holds, or of which it holds a list."""
    for part in (annotation, *get_args(annotation)):
        if isinstance(part, type) and issubclass(part, BaseModel):
            return part
    return None


def _allowed(field: FieldInfo) -> str:
    words = _names(field.metadata) or _kind(field.annotation)
    bounds = _bounds(field.metadata)
    return f"{words}, {bounds}" if bounds else words


def _bounds(metadata: Any) -> str:
    parts = [
        words.format(getattr(mark, bound))
        for mark in metadata
        for bound, words in _BOUNDS.items()
        if getattr(mark, bound, None) is not None
    ]
    return " and ".join(parts)


def _kind(annotation: Any) -> str:
    origin, parts = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        inner = _names(parts[1:]) or _kind(parts[0])
        bounds = _bounds(_spread(parts[1:]))
        return f"{inner}, {bounds}" if bounds else inner
    if origin is Literal:
        return " or ".join(map(str, parts)) if len(parts) < 3 else f"one of {', '.join(parts)}"
    if origin is tuple:
        inner = "models" if _model_in(annotation) else _kind(parts[0])
        return f"a list: {inner}"
    if origin is dict:
        return f"a table: {_kind(parts[1])}"
    if origin in (Union, UnionType):
        return " or ".join(_kind(part) for part in parts if part is not NoneType)
    return _WORDS.get(annotation, "text")


def _names(metadata: Any) -> str:
    """Allowed values of a setting that names an entry of a registry; nothing for others."""
    checks = (mark.func for mark in metadata if isinstance(mark, AfterValidator))
    return next((check.allowed() for check in checks if isinstance(check, Named | Fused)), "")


def _spread(metadata: Any) -> Iterator[Any]:
    """Metadata of a type, including what stands within a ``Field``."""
    for mark in metadata:
        yield from mark.metadata if isinstance(mark, FieldInfo) else (mark,)


def _typed(value: object) -> str:
    """A value as it is typed after ``--set NAME=``."""
    if value is None:
        return "not set"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return f"[{', '.join(map(_within, value))}]"
    if isinstance(value, BaseModel | dict):
        given = value.model_dump(exclude_unset=True) if isinstance(value, BaseModel) else value
        return "{" + ", ".join(f"{key} = {_within(each)}" for key, each in given.items()) + "}"
    return '""' if value == "" else str(value)


def _within(value: object) -> str:
    """A value as it is typed within a list, where text needs quotes."""
    return f'"{value}"' if isinstance(value, str) else _typed(value)
