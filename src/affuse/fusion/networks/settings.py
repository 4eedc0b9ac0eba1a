"""Settings of a network that joins modalities -> the family of fusions that it is."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from affuse.config import FusionConfig, ModelConfig
from affuse.errors import ConfigError
from affuse.fusion.family import Family, all_tasks, own_model
from affuse.fusion.networks.architecture import Architecture
from affuse.models.search.space import Choices, Range, Space

if TYPE_CHECKING:
    from affuse.fusion.networks.estimator import NetworkFusion

_MOST = 10_000
"""Of any whole number."""
WHOLE = ("width", "epochs", "batch_size")
NUMBERS = ("learning_rate", "weight_decay", "dropout")
SPACE: Space = {
    "learning_rate": Range(3e-4, 1e-2, log=True),
    "width": Choices((16, 32, 64)),
    "dropout": Range(0.0, 0.6),
    "weight_decay": Range(1e-5, 1e-1, log=True),
}
"""Values that a search chooses from."""


def network_family(name: str, architecture: Callable[..., Architecture]) -> Family:
    """The family of a network that joins modalities.

    Parameters
    ----------
    name : str
        Of the fusion; its settings stand under ``fusion.settings.NAME``.
    architecture : type
        Frozen dataclass whose fields are whole numbers.

    Returns
    -------
    Family
        A fusion that is a model itself, for emotions and for numbers.
    """

    def make(
        detail: str, model: ModelConfig | None, settings: FusionConfig, seed: int
    ) -> NetworkFusion:
        from affuse.fusion.networks.estimator import NetworkFusion
        from affuse.models.training import import_torch

        import_torch()
        given = settings.settings.get(name, {})
        own = [field.name for field in fields(architecture)]  # type: ignore[arg-type]
        _check(name, given, own)
        built = architecture(**{key: value for key, value in given.items() if key in own})
        shared = {key: value for key, value in given.items() if key not in own}
        _check_heads(name, built, shared.get("width", NetworkFusion(built).width))
        return NetworkFusion(
            built, **shared, modality_dropout=settings.modality_dropout, random_state=seed
        )

    return Family(
        make,
        models=own_model,
        level="embedding",
        tasks=all_tasks,
        space=SPACE,
        architecture=architecture,
    )


def architecture_of(given: Architecture | str) -> Architecture:
    """An architecture as it is, or that of a fusion with its usual settings.

    Parameters
    ----------
    given : Architecture or str
        Or the name of a fusion, such as "gated".

    Returns
    -------
    Architecture

    Raises
    ------
    ConfigError
        There is no such fusion, or it is no network.
    """
    if not isinstance(given, str):
        return given
    from affuse.fusion.registry import family_of

    family, _ = family_of(given)
    if family.architecture is None:
        raise ConfigError(
            f"NetworkFusion was given the fusion {given!r}, which is no network; expected such as "
            "'cross_attention' or 'gated'"
        )
    made: Architecture = family.architecture()
    return made


def _check(name: str, given: Mapping[str, Any], own: list[str]) -> None:
    """Refuse settings that there are not, and values that cannot be."""
    legal = [*WHOLE, *NUMBERS, *own]
    for key, value in given.items():
        if key not in legal:
            near = difflib.get_close_matches(key, legal, n=1)
            hint = f": did you mean {near[0]!r}?" if near else f"; expected {', '.join(legal)}"
            raise ConfigError(f"fusion.settings.{name} was given {key!r}{hint}")
        if not _fits(key, value):
            expected = {"dropout": "from 0 to below 1", "weight_decay": "from 0"}.get(
                key, "above 0, at most 1" if key in NUMBERS else f"a whole number from 1 to {_MOST}"
            )
            raise ConfigError(f"fusion.settings.{name}.{key} is {value!r}; expected {expected}")


def _fits(key: str, value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    if key not in NUMBERS:
        return isinstance(value, int) and 1 <= value <= _MOST
    return (
        0 < value <= 1 if key == "learning_rate" else 0 <= value < (1 if key == "dropout" else 1e9)
    )


def _check_heads(name: str, architecture: Any, width: int) -> None:
    n_heads = getattr(architecture, "n_heads", 1)
    if width % n_heads:
        raise ConfigError(
            f"fusion.settings.{name} has width {width} and n_heads {n_heads}; expected a width "
            f"that its heads can share: choose {max(n_heads, width - width % n_heads)}"
        )
