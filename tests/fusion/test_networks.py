"""Networks that join modalities: what only the alignment in time tells, ends of clips, graphs."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
import onnxruntime
import pytest
import torch
from benchmarks.fusions import AXES, planted
from fusion_contract import NETWORKS, QUICK, three_of_five

from affuse.config import FusionConfig, ModelConfig, load_config
from affuse.errors import ConfigError, Diverged, FeatureError, WeightsError
from affuse.features.array import ArrayInMemory
from affuse.features.table import FeatureTable
from affuse.fusion.graphs import Inputs, system_graphs
from affuse.fusion.networks.estimator import NetworkFusion
from affuse.fusion.networks.layers import Attention, AttentivePooling, ClipDescription
from affuse.fusion.networks.nodes import GraphBackend
from affuse.fusion.networks.steps import Extent, extent_of, steps_of
from affuse.fusion.networks.tensors import TensorBackend
from affuse.fusion.networks.times import share_passed, time_apart, waves
from affuse.fusion.registry import make_fusion
from affuse.models.graphs.builder import GraphBuilder
from affuse.tasks.metrics import uar


def held_out(name: str, table: FeatureTable, model: ModelConfig | None = None) -> float:
    """UAR on one speaker's clips after learning from the others'."""
    test = table.speakers == "3"
    settings = FusionConfig(late_epochs=20, settings={"cross_attention": {"epochs": 10}})
    fusion = make_fusion(name, model, settings, seed=0).fit(table.take(~test))
    return uar(table.labels[test], fusion.predict_proba(table.take(test)).argmax(axis=1))


def test_attention_finds_what_only_the_alignment_in_time_tells():
    table = planted(n_clips=200, n_speakers=4)
    attention = held_out("cross_attention", table)
    assert attention > 0.9
    svm, cnn = ModelConfig(name="svm_rbf"), ModelConfig(name="cnn1d", params={"epochs": 3})
    others = {"early": svm, "decision product": svm, "late concatenate": cnn, "gated": None}
    for name, model in others.items():
        assert attention > held_out(name, table, model) + 0.2, name


@pytest.fixture
def table(make_table) -> FeatureTable:
    """Channels before time in the sound, 5 steps of 2 x 3 numbers in the picture."""
    made = make_table(
        classes=("neutral", "calm", "happy"), shapes={"audio": (4, 7), "video": (5, 2, 3)}
    )
    audio = ArrayInMemory(np.asarray(made.arrays["audio"]), AXES["audio"])
    return three_of_five(made.with_arrays({"audio": audio}))


def fitted(name: str, table: FeatureTable, **settings: object):
    return make_fusion(name, None, FusionConfig(settings=QUICK, **settings), seed=0).fit(table)


def ended(table: FeatureTable, rows: slice, last: int) -> FeatureTable:
    """The table with some clips' sound ended after `last` steps."""
    audio = np.array(table.arrays["audio"])
    audio[rows, :, last:] = np.nan
    return table.with_arrays({"audio": ArrayInMemory(audio, AXES["audio"])})


@pytest.mark.parametrize("dropout", [False, True], ids=["complete", "dropout"])
@pytest.mark.parametrize("name", NETWORKS)
def test_the_graph_gives_what_training_gave(name, dropout, table):
    """With axes in any order, clips that end early, and clips that lack a modality."""
    table = ended(table, slice(None, None, 4), 5)
    fusion = fitted(name, table, modality_dropout=dropout)
    given = {m: np.array(table.arrays[m]) for m in table.modalities}
    if dropout:
        given["video"][::3] = np.nan
        present = {**table.present, "video": np.arange(len(table)) % 3 != 0}
        table = replace(table.with_arrays({"video": given["video"]}), present=present)
    shapes = {m: array.shape[1:] for m, array in given.items()}
    (member,) = system_graphs(fusion, Inputs(shapes, {})).members
    session = onnxruntime.InferenceSession(member.content, providers=["CPUExecutionProvider"])
    (found,) = session.run(None, given)
    assert member.needs_all is not dropout
    np.testing.assert_allclose(found, fusion.predict_proba(table), atol=1e-6)


@pytest.mark.parametrize("name", ["early", "late concatenate", "decision product"])
def test_a_model_of_whole_clips_takes_zeros_after_their_end(name, table):
    """In training as in the graph, where it learns of clips that lack a modality too."""
    table = ended(table, slice(None, None, 4), 5)
    audio = np.nan_to_num(np.array(table.arrays["audio"]))
    filled = table.with_arrays({"audio": ArrayInMemory(audio, AXES["audio"])})
    model = ModelConfig(name="cnn1d" if name.startswith("late") else "lda")
    settings = FusionConfig(late_epochs=2, modality_dropout=True)
    fusion = make_fusion(name, model, settings, seed=0).fit(table)
    expected = fusion.predict_proba(filled)
    np.testing.assert_array_equal(fusion.predict_proba(table), expected)
    given = {m: np.array(table.arrays[m]) for m in table.modalities}
    for member in system_graphs(
        fusion, Inputs({m: a.shape[1:] for m, a in given.items()}, {})
    ).members:
        session = onnxruntime.InferenceSession(member.content, providers=["CPUExecutionProvider"])
        own = {m: given[m] for m in member.modalities}
        (found,) = session.run(None, own)
        (again,) = session.run(None, {**own, **({"audio": audio} if "audio" in own else {})})
        assert np.isfinite(found).all()
        np.testing.assert_array_equal(found, again)


def test_a_network_by_its_name_is_that_of_the_fusion(table):
    found = NetworkFusion("gated", epochs=2, random_state=0).fit(table).predict_proba(table)
    settings = FusionConfig(settings={"gated": {"epochs": 2}})
    fusion = make_fusion("gated", None, settings, seed=0).fit(table)
    np.testing.assert_array_equal(found, fusion.predict_proba(table))
    with pytest.raises(ConfigError, match="'early', which is no network; expected such as"):
        NetworkFusion("early").fit(table)
    with pytest.raises(ConfigError, match="gated"):
        NetworkFusion("gatd").fit(table)


@pytest.mark.parametrize("name", NETWORKS)
def test_they_are_small(name, make_table):
    """With frames of a wide encoder and a picture's action units."""
    table = make_table(n_speakers=2, shapes={"audio": (40, 768), "video": (35,)})
    own = {name: {"epochs": 1}}
    fusion = make_fusion(name, None, FusionConfig(settings=own), seed=0).fit(table)
    assert sum(part.numel() for part in fusion.network_.parameters()) < 300_000


@pytest.mark.parametrize("name", NETWORKS)
def test_one_seed_gives_one_network(name, table):
    first, second = (fitted(name, table).predict_proba(table) for _ in range(2))
    np.testing.assert_array_equal(first, second)
    other = make_fusion(name, None, FusionConfig(settings=QUICK), seed=1).fit(table)
    assert not np.array_equal(other.predict_proba(table), first)


def test_what_comes_after_a_clips_end_is_not_attended_to():
    backend, generator = TensorBackend(), torch.Generator().manual_seed(0)
    own, others = torch.randn(2, 3, 8, generator=generator), torch.randn(2, 4, 8)
    valid = torch.tensor([[1.0, 1, 1, 1], [1, 1, 0, 0]])[:, :, None]
    changed = others.clone()
    changed[1, 2:] += 5
    block, pooling = Attention(8, 2, 0.1).eval(), AttentivePooling(8)
    found, again = (block.attended(backend, own, given, valid) for given in (others, changed))
    torch.testing.assert_close(found, again)
    everywhere = torch.ones_like(valid)
    assert not torch.allclose(block.attended(backend, own, changed, everywhere)[1], again[1])
    pooled, other = (pooling.pooled(backend, given, valid) for given in (others, changed))
    torch.testing.assert_close(pooled, other)


def test_modalities_of_any_rate_and_length_have_the_time_of_the_clip():
    """Three steps of five, and two of four: both clips begin and end together."""
    backend = TensorBackend()

    def when(n_steps: int, n_places: int) -> torch.Tensor:
        places = torch.arange(float(n_places))[None, :, None]
        return share_passed(backend, places, (places < n_steps).float())

    apart = time_apart(backend, when(3, 5), when(2, 4))[0, 0]
    assert apart[:3, :2].tolist() == [[0.0, 1.0], [0.5, 0.5], [1.0, 0.0]]
    assert when(1, 4)[0, 0].tolist() == [0.0]
    made = waves(backend, when(3, 5))[0, :3]
    np.testing.assert_allclose(made[:, 0], [0, np.sqrt(0.5), 1], atol=1e-6)
    np.testing.assert_allclose(made[:, 6], [1, np.sqrt(0.5), 0], atol=1e-6)


def test_a_clip_that_ended_early_is_described_by_what_it_has():
    shape, backend = (3, 1), TensorBackend()
    extent = Extent(("time", "feature"), shape, np.zeros(1, np.float32), np.ones(1, np.float32), 3)
    description = ClipDescription(extent, 4, 0.0).eval()
    steps = torch.tensor([[[1.0], [3.0], [np.nan]], [[1.0], [3.0], [2.0]], [[1.0], [3.0], [5.0]]])
    clips, has = description.described(backend, steps)
    assert has.tolist() == [[1.0]] * 3
    two_steps = torch.tensor([[2.0, np.sqrt(1 + 1e-5)]], dtype=torch.float32)
    torch.testing.assert_close(clips[:1], torch.tanh(description.dense(two_steps)))
    assert not torch.allclose(clips[0], clips[1])


def test_only_whole_steps_at_the_end_may_be_missing(table):
    steps = steps_of(ended(table, slice(2, 3), 4), "audio")
    assert np.isnan(steps[2, 4:]).all()
    assert np.isfinite(steps[2, :4]).all()
    audio = np.array(table.arrays["audio"])
    audio[1, :, 2] = np.nan
    broken = table.with_arrays({"audio": ArrayInMemory(audio, AXES["audio"])})
    with pytest.raises(
        FeatureError, match=r"audio features of 1 of 36 clips are not finite \(first: "
    ):
        steps_of(broken, "audio")


def test_the_scale_is_that_of_training_steps_alone(table):
    short = ended(table, slice(0, 18), 1)
    extent = extent_of(short, "audio", steps_of(short, "audio"))
    rows = np.array(short.arrays["audio"]).swapaxes(1, 2).reshape(-1, 4)
    rows = rows[~np.isnan(rows[:, 0])]
    np.testing.assert_allclose(extent.mean, rows.mean(axis=0), atol=1e-6)
    np.testing.assert_allclose(extent.deviation, rows.std(axis=0), atol=1e-6)
    assert (extent.n_steps, extent.n_numbers, extent.time_first) == (7, 4, (0, 2, 1))
    assert extent.longest == 7


def lengthened(table: FeatureTable, n_more: int) -> FeatureTable:
    """The table with clips of any more steps: none of them has these."""
    audio, video = (np.asarray(table.arrays[m]) for m in ("audio", "video"))
    longer = {
        "audio": np.pad(audio, ((0, 0), (0, 0), (0, n_more)), constant_values=np.nan),
        "video": np.pad(video, ((0, 0), (0, n_more), (0, 0), (0, 0)), constant_values=np.nan),
    }
    return table.with_arrays(
        {m: ArrayInMemory(array, table.arrays[m].axes) for m, array in longer.items()}
    )


@pytest.mark.parametrize("name", NETWORKS)
def test_steps_that_no_training_clip_has_are_not_computed(name, table):
    """So how long a clip may be changes no digit, and a clip that is longer is used to its end."""
    training = ended(table, slice(None), 5)
    fusion, longer = fitted(name, training), fitted(name, lengthened(training, 40))
    assert {m: own.longest for m, own in longer.extents_.items()} == {"audio": 5, "video": 5}
    np.testing.assert_array_equal(fusion.losses_, longer.losses_)
    for few, many in ((training, lengthened(training, 40)), (table, lengthened(table, 40))):
        expected = fusion.predict_proba(few)
        for asked, given in ((fusion, many), (longer, few), (longer, many)):
            np.testing.assert_array_equal(asked.predict_proba(given), expected)
    assert not np.allclose(fusion.predict_proba(table), fusion.predict_proba(training))
    shapes = {m: a.shape[1:] for m, a in many.arrays.items()}
    (member,) = system_graphs(longer, Inputs(shapes, {})).members
    session = onnxruntime.InferenceSession(member.content, providers=["CPUExecutionProvider"])
    for given in (table, training):
        arrays = {m: np.asarray(a) for m, a in lengthened(given, 40).arrays.items()}
        expected = fusion.predict_proba(given)
        np.testing.assert_allclose(session.run(None, arrays)[0], expected, atol=1e-6)


@pytest.mark.parametrize("n_known", [0, 2, 6])
def test_steps_are_cut_where_no_clip_has_any(n_known):
    steps = torch.full((2, 9, 3), torch.nan)
    steps[1, :n_known] = 1.0
    graph = GraphBuilder()
    backend = GraphBackend(graph)
    given = graph.input("steps", ["n", 9, 3])
    cut = backend.cut(given, 4)
    named = {"cut": (cut, ["n", "t", 3]), "places": (backend.places(cut), [1, "t", 1])}
    session = onnxruntime.InferenceSession(graph.finish(named, "FLOAT"))
    expected = TensorBackend().cut(steps, 4)
    assert expected.shape == (2, max(n_known, 4), 3)
    found, places = session.run(None, {"steps": steps.numpy()})
    np.testing.assert_array_equal(found, expected)
    np.testing.assert_array_equal(places, TensorBackend().places(expected))


@pytest.mark.parametrize(
    ("name", "given", "message"),
    [
        ("gated", {"widths": 8}, "fusion.settings.gated was given 'widths': did you mean 'width'"),
        ("gated", {"rank": 8}, "fusion.settings.gated was given 'rank'; expected width, epochs"),
        ("low_rank", {"rank": 0}, "fusion.settings.low_rank.rank is 0; expected a whole number fr"),
        ("tensor", {"dropout": 1}, "fusion.settings.tensor.dropout is 1; expected from 0 to below"),
        ("tensor", {"width": True}, "fusion.settings.tensor.width is True; expected a whole"),
        ("tensor", {"width": 10**6}, "width is 1000000; expected a whole number from 1 to 10000"),
        ("gated", {"learning_rate": 1e30}, r"learning_rate is 1e.30; expected above 0, at most 1"),
        (
            "bottleneck",
            {"width": 9},
            "has width 9 and n_heads 2; expected a width that its heads can share: choose 8",
        ),
    ],
)
def test_settings_that_cannot_be(name, given, message):
    with pytest.raises(ConfigError, match=message):
        make_fusion(name, None, FusionConfig(settings={name: given}), seed=0)


def test_settings_of_a_fusion_that_there_is_not():
    with pytest.raises(ConfigError, match="fusion 'gatet' was given: did you mean 'gated'"):
        load_config("quick", ["fusion.settings={gatet={width=8}}"])


def test_settings_reach_the_network():
    own = {"low_rank": {"rank": 2, "width": 8, "learning_rate": 0.1}}
    made = make_fusion("low_rank", None, FusionConfig(settings=own, modality_dropout=True), seed=3)
    found = (made.architecture.rank, made.width, made.learning_rate, made.random_state)
    assert found == (2, 8, 0.1, 3)
    assert made.modality_dropout


def test_a_network_that_no_memory_holds_is_refused_before_it_is_made(table):
    own = {"tensor": {"width": 9000, "n_hidden": 9000}}
    with pytest.raises(WeightsError, match=r"a network of width 9000 has .* GiB of weights, and"):
        make_fusion("tensor", None, FusionConfig(settings=own), seed=0).fit(table)


def test_a_network_that_diverges_is_refused(table):
    fusion = make_fusion("gated", None, FusionConfig(settings=QUICK), seed=0)
    with pytest.raises(Diverged, match=r"loss was \S+ after epoch \d, .* lower its learning_rate"):
        fusion.set_params(learning_rate=1e30).fit(table)


def test_training_stops_when_it_is_asked_to(table):
    asked = []
    fusion = make_fusion("gated", None, FusionConfig(settings=QUICK), seed=0)
    fusion.fit_until(table, lambda: asked.append(fusion.predict_proba(table)) or len(asked) == 3)
    assert len(asked) == len(fusion.losses_) == 3
    np.testing.assert_array_equal(asked[-1], fusion.predict_proba(table))
    whole = partial(make_fusion, "gated", None, FusionConfig(settings=QUICK), seed=0)
    three = whole().set_params(epochs=3).fit(table)
    np.testing.assert_array_equal(three.predict_proba(table), asked[-1])
