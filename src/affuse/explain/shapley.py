"""Exact Shapley values: how much each player contributes to the value of all together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations
from math import factorial

from affuse.errors import ConfigError

MOST_PLAYERS = 16
"""Every set of players is valued once: 65,536 of them."""

Value = Callable[[frozenset[str]], float]
"""What a set of players comes to without the others."""


def shapley_values(players: Sequence[str], value: Value) -> dict[str, float]:
    """Contribution of each player, averaged over all orders in which they may join.

    The values sum to that of all players minus that of none. Players that add the same to every
    set get the same, and one that adds nothing to any gets 0.

    Parameters
    ----------
    players : sequence of str
        Such as modalities or members; each once.
    value : callable
        Set of players -> number. Called once for each of the 2 ** n sets, the empty one included.

    Returns
    -------
    dict of str to float
        Player -> Shapley value, in the order given.

    Raises
    ------
    ConfigError
        A player is there twice, or there are more than `MOST_PLAYERS`.

    References
    ----------
    Shapley 1953, "A value for n-person games".

    Examples
    --------
    >>> accuracy = {(): 0.125, ("face",): 0.485, ("voice",): 0.415, ("face", "voice"): 0.705}
    >>> values = shapley_values(["voice", "face"], lambda one: accuracy[tuple(sorted(one))])
    >>> {name: round(value, 3) for name, value in values.items()}
    {'voice': 0.255, 'face': 0.325}
    """
    _refuse_players(players)
    n = len(players)
    sets = [frozenset(some) for size in range(n + 1) for some in combinations(players, size)]
    worth = {some: float(value(some)) for some in sets}
    shares = [factorial(size) * factorial(n - size - 1) / factorial(n) for size in range(n)]
    return {
        player: sum(
            shares[len(some)] * (worth[some | {player}] - worth[some])
            for some in sets
            if player not in some
        )
        for player in players
    }


def _refuse_players(players: Sequence[str]) -> None:
    if len(set(players)) < len(players):
        raise ConfigError(f"players {list(players)} were given; expected each of them once")
    if len(players) > MOST_PLAYERS:
        raise ConfigError(
            f"{len(players)} players were given; expected at most {MOST_PLAYERS}, since every set "
            "of them is valued: join some into one"
        )
