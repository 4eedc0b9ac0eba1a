"""FeatureArray: the same numbers through one interface, in memory and stored."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest

from affuse.errors import FeatureError
from affuse.features.array import ArrayInMemory, FeatureArray, feature_array, is_stepwise
from affuse.features.stored_arrays import StoredArrays

AXES = ("clip", "time", "height", "channel")
SHAPE = (5, 2, 3)


@pytest.fixture
def numbers(rng: np.random.Generator) -> np.ndarray:
    return rng.standard_normal((4, *SHAPE)).astype(np.float16)


@pytest.fixture(params=["in memory", "stored"])
def array(request: pytest.FixtureRequest, numbers: np.ndarray, tmp_path: Path) -> FeatureArray:
    if request.param == "in memory":
        return ArrayInMemory(numbers, AXES)
    paths = tuple(tmp_path / f"{row}.npy" for row in range(len(numbers)))
    for path, values in zip(paths, numbers, strict=True):
        np.save(path, values)
    return StoredArrays(paths, SHAPE, AXES)


def same(found: np.ndarray, expected: np.ndarray) -> None:
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, expected.astype(np.float32))


def test_shape_and_rows(array: FeatureArray, numbers: np.ndarray) -> None:
    assert (array.axes, array.shape, array.ndim, len(array)) == (AXES, (4, *SHAPE), 4, 4)
    assert (array.n_features, array.stepwise) == (30, True)
    for rows in ([2, 0, 2], [-1], [], np.array([True, False, True, False])):
        chosen = np.asarray(rows, None if len(rows) else int)
        same(array.rows(rows), numbers[chosen])
        same(array.take(rows).rows(np.arange(len(numbers[chosen]))), numbers[chosen])
    same(array[1], numbers[1])
    same(array[1:3], numbers[1:3])
    same(np.asarray(array), numbers)
    with pytest.raises(IndexError):
        array.rows([4])


@pytest.mark.parametrize("kept", ["in memory", "stored"])
def test_after_a_clips_end_are_no_steps_in_time_and_zeros_in_a_row(
    kept: str, numbers: np.ndarray, tmp_path: Path
) -> None:
    numbers[1, 3:] = np.nan
    numbers[2] = np.nan
    numbers[3, 1] = np.nan
    paths = tuple(tmp_path / f"{row}.npy" for row in range(len(numbers)))
    for path, values in zip(paths, numbers, strict=True):
        np.save(path, values)
    array = (
        ArrayInMemory(numbers, AXES) if kept == "in memory" else StoredArrays(paths, SHAPE, AXES)
    )
    same(array.over_time(), numbers.reshape(4, 5, 6))
    in_rows = numbers.copy()
    in_rows[1, 3:] = 0
    same(array.flat(), in_rows.reshape(4, 30))
    same(array.whole(), numbers)
    without_time = feature_array(numbers, ("clip", "variant", "height", "channel"))
    same(without_time.flat(), numbers.reshape(4, 30))


def test_batches_hold_every_clip_once(array: FeatureArray, numbers: np.ndarray) -> None:
    batches = list(array.batches(3))
    assert [rows.tolist() for rows, _ in batches] == [[0, 1, 2], [3]]
    same(np.concatenate([values for _, values in batches]), numbers)


def test_positions_of_any_clips_in_any_order(array: FeatureArray, numbers: np.ndarray) -> None:
    rows, positions = [3, 0, 3, 1, 0], [4, 0, 1, -1, 2]
    same(array.positions(rows, positions), numbers[rows, positions])
    assert array.positions([], []).shape == (0, 2, 3)


def test_flat_has_the_last_axis_fastest(array: FeatureArray, numbers: np.ndarray) -> None:
    same(array.flat(), numbers.reshape(4, 30))
    same(array.over_time(), numbers.reshape(4, 5, 6))
    assert (array.take([]).flat().shape, array.take([]).over_time().shape) == ((0, 30), (0, 5, 6))


def test_time_comes_first_wherever_it_stands(numbers: np.ndarray) -> None:
    across = ArrayInMemory(numbers, ("clip", "channel", "time", "feature"))
    same(across.over_time(), numbers.swapaxes(1, 2).reshape(4, 2, 15))
    assert not across.stepwise
    without = ArrayInMemory(numbers, ("clip", "channel", "height", "feature"))
    same(without.over_time(), numbers.reshape(4, 1, 30))
    assert is_stepwise(("variant", "feature"))
    assert not is_stepwise(("time",))


def test_rows_that_are_not_there_are_absent(array: FeatureArray, numbers: np.ndarray) -> None:
    spread = array.spread([2, -1, 0])
    same(spread.rows([0, 2]), numbers[[2, 0]])
    assert np.isnan(spread.rows([1])).all()
    assert np.isnan(spread.positions([1], [0])).all()
    same(array.rows([3]), numbers[[3]])


def test_arrays_are_joined(array: FeatureArray, numbers: np.ndarray) -> None:
    joined = array.joined([array.take([1]), array.take([0, 2])])
    assert type(joined) is type(array)
    same(np.asarray(joined), numbers[[0, 1, 2, 3, 1, 0, 2]])


def test_digest_follows_content_and_order(array: FeatureArray) -> None:
    order = [3, 1, 0, 2]
    assert array.digest(order) == array.take(order).digest(range(4))
    digests = {array.digest(order), array.digest(range(4)), array.digest([0]), array.digest([1])}
    assert len(digests) == 4
    assert pickle.loads(pickle.dumps(array)).digest(order) == array.digest(order)


def test_digest_tells_axes_apart(numbers: np.ndarray) -> None:
    other = ("clip", "variant", "height", "channel")
    assert ArrayInMemory(numbers, AXES).digest([0]) != ArrayInMemory(numbers, other).digest([0])


def test_rows_of_one_file_are_read_once(tmp_path: Path) -> None:
    one, two = tmp_path / "one.npy", tmp_path / "two.npy"
    stored = StoredArrays((one, two, one, two), (2, 1))
    kept, where = stored.distinct(np.array([3, 0, 2, 1]))
    assert kept.tolist() == [3, 0]
    assert kept[where].tolist() == [3, 0, 0, 3]
    plain = feature_array(np.zeros((4, 2)))
    assert [part.tolist() for part in plain.distinct(np.array([3, 0]))] == [[3, 0], [0, 1]]


def test_what_does_not_fit_in_memory_is_not_made_flat() -> None:
    frames = StoredArrays((None,) * 1000, (120_000, 4, 7, 512))
    message = (
        r"stored features of shape \(120000, 4, 7, 512\) a clip take 6.41e\+03 GiB for 1000 clips, "
        r"and .* GiB may be held in memory; expected fewer numbers a clip: fit a learned feature"
    )
    for asked in (frames.flat, frames.over_time):
        with pytest.raises(FeatureError, match=message):
            asked()


def test_plain_arrays_get_the_usual_axes() -> None:
    axes = [feature_array(np.zeros((2,) * n)).axes for n in range(2, 6)]
    assert axes[0] == ("clip", "feature")
    assert axes[3] == ("clip", "time", "height", "width", "feature")
    assert feature_array(np.zeros((2, 3)), ("clip", "time")).axes == ("clip", "time")
    for n_axes in (1, 6):
        with pytest.raises(FeatureError, match=rf"with {n_axes} axes were given; expected 2 to 5"):
            feature_array(np.zeros((2,) * n_axes))


@pytest.mark.parametrize(
    "axes", [("clip",), ("time", "clip"), ("clip", "clip"), ("clip", "time", "feature")]
)
def test_names_that_do_not_fit_are_refused(axes: tuple[str, ...]) -> None:
    message = r"shape \(4, 3\) were given with the axes .*; expected 2 different names, the first"
    with pytest.raises(FeatureError, match=message):
        ArrayInMemory(np.zeros((4, 3)), axes)
    with pytest.raises(FeatureError, match=message):
        StoredArrays((None,) * 4, (3,), axes)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ([["a", "b"], ["c", "d"]], "features of type <U1 were given; expected real numbers"),
        ([[{}], [1]], "features of type object were given; expected real numbers"),
        (
            np.zeros((2, 3), complex),
            "features of type complex128 were given; expected real numbers",
        ),
        ([[1, 2], [3]], "features of unequal length were given"),
    ],
)
def test_what_are_no_numbers_is_refused(given, message):
    with pytest.raises(FeatureError, match=message):
        feature_array(given)
