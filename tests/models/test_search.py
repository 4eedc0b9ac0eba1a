"""Choosing settings within a budget: on training speakers alone, resumable, every trial kept."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from sklearn.base import clone

from affuse.config import FusionConfig, ModelConfig
from affuse.errors import ConfigError
from affuse.evaluation.crossval import out_of_fold
from affuse.evaluation.fold_store import FolderStore
from affuse.evaluation.systems import System
from affuse.evaluation.trials import trials_table
from affuse.features.context import RunContext
from affuse.fusion.registry import make_fusion, make_unimodal
from affuse.models.fit_cache import FitCache
from affuse.models.search.curves import best_epoch, held_out_loss, loss_curve
from affuse.models.search.halving import Halving, Trial, best_of
from affuse.models.search.searched import Searched, trial_columns
from affuse.models.search.space import Choices, Range, drawn_settings
from affuse.splits.folds import speaker_folds
from affuse.splits.protocols import Protocol
from affuse.storage.kept_json import KeptJson
from affuse.tasks.metrics import uar

SPACE = {"learning_rate": Range(1e-3, 0.3, log=True), "width": Choices((4, 8))}
SMALL = FusionConfig(settings={"gated": {"width": 4, "epochs": 3, "learning_rate": 1e-4}})


@dataclass
class Ticks:
    """A clock that goes on by a second whenever it is asked: a trial takes one second."""

    seconds: list[float] = field(default_factory=lambda: [0.0])

    def __call__(self) -> float:
        self.seconds[0] += 1
        return self.seconds[0]

    def __repr__(self) -> str:
        return "Ticks()"


def searching(seed: int, budget_s: float = 14.0) -> Searched:
    return Searched(
        make_fusion("gated", None, SMALL, seed),
        SPACE,
        budget_s=budget_s,
        n_folds=2,
        random_state=seed,
        clock=Ticks(),
    )


def system(build, name: str = "gated") -> System:
    return System(name, "audio+video", name, "", "", build, space=SPACE)


def by_width(settings, rung) -> Trial:
    """As if the loss were the distance of the width from 20, and a rung three times the last."""
    return Trial(rung, dict(settings), 5, abs(settings.get("width", 50) - 20), 3.0**rung)


def test_many_are_tried_for_a_little_and_the_best_for_more():
    space = {"width": Choices(tuple(range(100)))}
    trials = Halving(space, by_width, budget_s=40).run(seed=0)
    assert [trial.rung for trial in trials] == [2] + [0] * 9 + [1] * 3 + [2] + [0] * 4
    assert trials[0].settings == {}
    by_loss = sorted(trials[1:10], key=lambda trial: trial.loss)
    assert [trial.settings for trial in trials[10:13]] == [t.settings for t in by_loss[:3]]
    assert trials[13].settings == by_loss[0].settings
    assert best_of(trials) is trials[13]


def test_the_settings_as_given_are_tried_whatever_it_costs_and_win_over_worse_ones():
    space = {"width": Choices((90, 95))}
    (only,) = Halving(space, by_width, budget_s=0).run(seed=0)
    assert (only.settings, only.rung) == ({}, 2)
    assert best_of(Halving(space, by_width, budget_s=60).run(seed=0)).settings == {}


def test_a_search_that_was_interrupted_goes_on_where_it_stopped():
    space = {"width": Choices(tuple(range(100)))}
    whole = Halving(space, by_width, budget_s=60).run(seed=1)
    tried = []

    def attempt(settings, rung):
        tried.append(rung)
        return by_width(settings, rung)

    assert Halving(space, attempt, 60, known=whole[:7]).run(seed=1) == whole
    assert len(tried) == len(whole) - 7


def test_trials_are_kept_as_they_are_made(make_table, tmp_path, monkeypatch):
    table, store = make_table(), KeptJson(tmp_path)
    first = searching(0).fit(table, FitCache(trials=store))
    assert len(list(tmp_path.glob("*.json"))) == 1

    def refuse(*_):
        raise AssertionError("what is known was tried again")

    with monkeypatch.context() as patch:
        patch.setattr("affuse.models.search.searched.loss_curve", refuse)
        again = searching(0).fit(table, FitCache(trials=store))
    np.testing.assert_array_equal(again.trials_, first.trials_)
    np.testing.assert_array_equal(again.predict_proba(table), first.predict_proba(table))


def test_better_settings_are_found_and_fitted(make_table):
    """The given learning rate is far too small to learn anything in three epochs."""
    table = make_table(n_takes=3)
    test = np.isin(table.speakers, ["5", "6"])
    given = make_fusion("gated", None, SMALL, seed=0).fit(table.take(~test))
    searched = searching(0).fit(table.take(~test))
    figures = [
        uar(table.labels[test], fitted.predict(table.take(test))) for fitted in (given, searched)
    ]
    assert figures[1] > figures[0] + 0.2
    assert searched.estimator_.learning_rate == searched.chosen_["learning_rate"] > 1e-3
    (row,) = searched.trials_[searched.trials_[:, 4] == 1]
    chosen = dict(zip(trial_columns(SPACE), row, strict=True))
    assert searched.estimator_.epochs == chosen["epochs"] == searched.chosen_["epochs"]
    assert chosen["rung"] == 2


def test_nothing_depends_on_test_speakers_and_every_trial_is_in_the_table(make_table, tmp_path):
    table = make_table()
    protocol = Protocol("speaker-independent", speaker_folds(table.speakers.tolist(), 2))
    build = partial(searching, budget_s=12.0)
    context = RunContext(folds=FolderStore(tmp_path))
    (found,) = out_of_fold(table, [system(build)], protocol, context)
    assert len(list((tmp_path / "trials").glob("*.json"))) == 2
    trials = trials_table([("gated", found)])
    assert trials.groupby("fold").size().tolist() == [12, 12]
    assert trials.groupby("fold")["chosen"].sum().tolist() == [1, 1]
    assert trials["settings"][0] == "as given"
    assert trials["settings"][1].startswith("learning_rate=")
    first = protocol.folds[0]
    labels = table.labels.copy()
    labels[list(first.test)] = (labels[list(first.test)] + 1) % 3
    alone = replace(protocol, folds=(first,))
    (clean,) = out_of_fold(table, [system(build)], alone)
    (other,) = out_of_fold(replace(table, labels=labels), [system(build)], alone)
    np.testing.assert_array_equal(clean.outputs, other.outputs)


def test_shuffled_labels_give_chance(make_table, rng):
    table = make_table(n_speakers=9, n_takes=4, signal=1.0)
    table = replace(table, labels=rng.permutation(table.labels))
    protocol = Protocol("speaker-independent", speaker_folds(table.speakers.tolist(), 3))
    (found,) = out_of_fold(table, [system(partial(searching, budget_s=20.0))], protocol)
    assert uar(table.labels[found.rows], found.predicted) == pytest.approx(1 / 3, abs=0.12)


def test_features_are_learned_anew_for_inner_folds(make_table):
    """Held-out inner clips are described by what was learned without them."""
    table, asked = make_table(), []

    def learn(given, rows):
        asked.append(set(given.speakers[rows]))
        return given

    searching(0, budget_s=0.0).fit(table, FitCache(learn))
    assert [len(speakers) for speakers in asked] == [3, 3]
    assert not asked[0] & asked[1]


def test_a_network_of_one_modality_is_searched_by_whole_fits(make_table):
    table = make_table()
    cnn = ModelConfig(name="cnn1d", params={"epochs": 2})
    one = make_unimodal("audio", cnn, seed=0)
    curve = loss_curve(clone(one), table, table, epochs=2)
    assert np.isnan(curve[0])
    assert curve[1] == held_out_loss(one.fit(table), table)
    space = {"model__model__learning_rate": Range(1e-3, 1e-2, log=True)}
    searched = Searched(clone(one), space, "model__model__epochs", 12.0, 2, 0, Ticks())
    assert searched.fit(table).chosen_["model__model__epochs"] == 4
    assert searched.can_decide(table).all()


def test_loss_of_numbers_and_of_clips_that_have_no_known_label(make_table):
    table = make_table()
    assert held_out_loss(make_unimodal("audio", ModelConfig(name="lda"), 0).fit(table), table) > 0
    values = np.asarray(table.arrays["audio"])[:, :1].astype(float)
    numbers = replace(table, targets=("valence",), values=values, labels=np.zeros(0, int))
    fitted = make_unimodal("audio", ModelConfig(name="ridge"), 0).fit(numbers)
    # The mean of all clips would have 1.
    assert held_out_loss(fitted, numbers) < 0.6
    few = make_unimodal("audio", ModelConfig(name="lda"), 0).fit(table.take(table.labels < 2))
    assert held_out_loss(few, table.take(table.labels == 2)) == pytest.approx(-np.log(1e-6))


def test_epochs_are_where_the_mean_of_the_folds_is_least():
    assert best_epoch([np.full(2, np.nan)]) == (1, np.inf)
    assert best_epoch([np.array([1.0, 0.5, 0.9]), np.array([1.0, 0.8])]) == (2, 0.65)


def test_settings_under_which_training_diverges_are_the_worst(make_table):
    search = searching(0, budget_s=14.0)
    search.set_params(estimator=clone(search.estimator).set_params(learning_rate=1e30))
    search.fit(make_table())
    losses = search.trials_[:, trial_columns(search.space).index("loss")]
    assert losses[0] == np.inf
    assert np.isfinite(losses[-1])
    assert search.chosen_["learning_rate"] < 1


def test_settings_are_drawn_from_their_space_alone():
    rng = np.random.default_rng(0)
    drawn = [drawn_settings(SPACE, rng) for _ in range(200)]
    rates = np.array([settings["learning_rate"] for settings in drawn])
    assert {settings["width"] for settings in drawn} == {4, 8}
    assert (rates.min() >= 1e-3, rates.max() <= 0.3) == (True, True)
    assert 0.3 < (rates < np.sqrt(1e-3 * 0.3)).mean() < 0.7


def test_too_few_speakers_to_search_leave_settings_as_they_are(make_table):
    table = make_table(n_speakers=1, n_takes=1)
    searched = searching(0).fit(table)
    assert searched.chosen_ == {}
    assert searched.trials_.shape == (0, 7)
    assert searched.estimator_.epochs == 3


def test_a_budget_that_is_no_time():
    from affuse.config import load_config

    with pytest.raises(ConfigError, match="'soon' was given; expected a length of time such as 90"):
        load_config("quick", ["search.budget=soon"])
    assert load_config("quick", ["search.budget=1h30m"]).search.budget == "1h30m"


def test_a_budget_without_a_network_is_refused(make_table):
    from affuse.config import load_config
    from affuse.experiment.rows import searched, systems

    table = make_table()
    features = {"audio": "a", "video": "v"}
    config = load_config("quick", ["search.budget=40s"])
    with pytest.raises(ConfigError, match=r"none of the systems is a network .* fusion.also=gated"):
        searched(config, list(systems(config, table, features)), n_fits=5)
    config = load_config(
        "quick", ["search.budget=40s", "fusion.also=gated", 'models=[{name="cnn1d"}]']
    )
    rows, notes = searched(config, list(systems(config, table, features)), n_fits=5)
    built = {row.name: row.build(0) for row in rows}
    assert {name: type(made) for name, made in built.items()} == {
        "1D CNN": Searched,
        "early, 1D CNN": Searched,
        "gated": Searched,
    }
    # Two networks of one modality, early, and gated share 40 seconds over five fits each.
    assert [made.budget_s for made in built.values()] == [2.0, 2.0, 2.0]
    assert built["early, 1D CNN"].epochs_name == "model__model__epochs"
    assert "Settings of 1D CNN, early, 1D CNN, gated were chosen on inner folds" in notes[0]


def test_the_folder_of_trials_is_made_when_it_is_needed(tmp_path: Path, make_table):
    searching(0, budget_s=0.0).fit(make_table(), FitCache(trials=KeptJson(tmp_path / "new")))
    assert (tmp_path / "new").is_dir()
