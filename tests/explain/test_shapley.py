"""Shapley values: their four properties, and agreement with the definition over all orders."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest

from affuse.errors import ConfigError
from affuse.explain.shapley import MOST_PLAYERS, shapley_values

PLAYERS = ("a", "b", "c", "d")


def game(seed: int):
    """Any number for any set, the same for the same."""
    rng = np.random.default_rng(seed)
    worth: dict[frozenset[str], float] = {}

    def value(some: frozenset[str]) -> float:
        return worth.setdefault(some, float(rng.normal()))

    return value


@pytest.mark.parametrize("n_players", range(5))
def test_they_sum_to_the_value_of_all_less_that_of_none(n_players):
    players, value = PLAYERS[:n_players], game(n_players)
    values = shapley_values(players, value)
    assert tuple(values) == players
    total = value(frozenset(players)) - value(frozenset())
    assert sum(values.values()) == pytest.approx(total, abs=1e-9)


def test_they_are_means_over_all_orders_of_joining():
    value = game(1)
    orders = list(permutations(PLAYERS))
    for player, found in shapley_values(PLAYERS, value).items():
        added = []
        for order in orders:
            before = frozenset(order[: order.index(player)])
            added.append(value(before | {player}) - value(before))
        assert found == pytest.approx(np.mean(added), abs=1e-12)


def test_players_that_add_the_same_get_the_same():
    worth = {0: 0.1, 1: 0.7, 2: 0.4}
    values = shapley_values(["voice", "face"], lambda some: worth[len(some)])
    assert values["voice"] == values["face"] == pytest.approx(0.15)


def test_a_player_that_adds_nothing_gets_nothing():
    value = game(2)
    values = shapley_values(PLAYERS, lambda some: value(some - {"c"}))
    assert values["c"] == 0
    others = {name: share for name, share in values.items() if name != "c"}
    assert shapley_values(tuple(others), value) == pytest.approx(others, abs=1e-12)


def test_every_set_is_valued_once():
    asked = []
    shapley_values(PLAYERS, lambda some: asked.append(some) or 0.0)
    assert len(asked) == len(set(asked)) == 16


def test_players_must_differ_and_be_few():
    with pytest.raises(ConfigError, match=r"\['a', 'a'\] were given; expected each of them once"):
        shapley_values(["a", "a"], game(0))
    many = [str(number) for number in range(MOST_PLAYERS + 1)]
    with pytest.raises(ConfigError, match="17 players were given; expected at most 16"):
        shapley_values(many, game(0))
