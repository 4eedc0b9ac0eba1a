"""The public surface is complete, documented and light."""

from __future__ import annotations

import inspect
import subprocess
import sys
from dataclasses import replace
from itertools import pairwise

import pytest

import affuse
import affuse.records
from affuse import errors

HEAVY = {
    "av", "cv2", "h5py", "joblib", "numpy", "onnx", "onnxruntime", "pandas", "pydantic",
    "scipy", "sklearn", "soundfile", "soxr", "torch",
}  # fmt: skip


def modules_after(code: str) -> set[str]:
    script = f"import sys\ntry:\n    {code}\nexcept SystemExit:\n    pass\n" + (
        "sys.stderr.write(' '.join({name.split('.')[0] for name in sys.modules}))"
    )
    ended = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    return set(ended.stderr.split())


@pytest.mark.parametrize(
    "code",
    [
        "import affuse",
        "from affuse.cli import main; main(['--help'])",
        "from affuse.cli import main; main(['run', '--help'])",
        "from affuse.cli import main; main(['download', 'ravdess', '--help'])",
    ],
)
def test_no_heavy_import(code):
    # typer itself checks the options of a subcommand with pydantic.
    allowed = {"pydantic"} if "run" in code or "download" in code else set()
    assert not modules_after(code) & HEAVY - allowed


def test_data_that_are_not_there_are_refused_before_what_computes_is_imported(tmp_path):
    loaded = modules_after(f"from affuse.cli import main; main(['run', {str(tmp_path / 'no')!r}])")
    assert "affuse" in loaded
    assert not loaded & {"onnxruntime", "pandas", "sklearn", "torch"}


def test_mfcc_and_combine_need_no_training_packages():
    loaded = modules_after("import affuse; affuse.mfcc; affuse.combine; affuse.read_ravdess")
    assert not loaded & {"torch", "sklearn", "onnx", "h5py"}


@pytest.mark.parametrize("name", [n for n in affuse.__all__ if n != "__version__"])
def test_every_public_name_resolves_and_is_documented(name):
    thing = getattr(affuse, name)
    assert inspect.getdoc(thing)
    assert name in dir(affuse)


def sections(thing):
    lines = (inspect.getdoc(thing) or "").splitlines()
    return {line for line, under in pairwise(lines) if set(under) == {"-"}}


FUNCTIONS = [n for n in affuse.__all__ if inspect.isfunction(getattr(affuse, n))]
CLASSES = [n for n in affuse.__all__ if inspect.isclass(getattr(affuse, n)) and n != "AffuseError"]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_public_function_says_all_that_a_caller_needs(name):
    wanted = {"Parameters", "Raises", "Examples"}
    found = sections(getattr(affuse, name))
    assert not wanted - found
    returns = inspect.signature(getattr(affuse, name)).return_annotation
    assert found & {"Returns", "Yields"} or returns == "None"


@pytest.mark.parametrize("name", CLASSES)
def test_a_public_class_has_an_example_and_its_fields(name):
    found = sections(getattr(affuse, name))
    assert "Examples" in found
    assert found & {"Parameters", "Attributes"} or hasattr(getattr(affuse, name), "model_fields")


@pytest.mark.parametrize("name", affuse.plot.__all__)
def test_a_picture_says_all_that_a_caller_needs(name):
    assert sections(getattr(affuse.plot, name)) >= {"Parameters", "Returns", "Raises", "Examples"}


def test_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = affuse.nothing


def test_error_tree_is_drawn_whole():
    classes = [c for _, c in inspect.getmembers(errors, inspect.isclass)]
    assert len(classes) > 5
    for error in classes:
        assert issubclass(error, errors.AffuseError)
        assert f" {error.__name__} " in f" {' '.join((errors.__doc__ or '').split())} "


def test_missing_dependency_names_the_extra():
    error = errors.MissingDependency("torch", "train")
    assert str(error) == (
        "package 'torch' is not installed, and this step needs it: pip install 'affuse[train]'"
    )


def test_a_prediction_is_one_line_where_it_is_shown():
    segment = affuse.records.Segment(0.0, 3.0, "calm", 0.6, {})
    shown = affuse.Prediction("a.mp4", 3.84, "calm", 0.603, {}, (segment,), ("calm",), "mine")
    assert repr(shown) == "<Prediction: calm 60%; a.mp4, 3.8 s, 1 segment>"
    undecided = replace(shown, emotion=None, confidence=0.3, segments=(segment, segment))
    assert repr(undecided) == "<Prediction: undecided 30%; a.mp4, 3.8 s, 2 segments>"
    numbers = replace(shown, emotion=None, confidence=None, values={"valence": 0.254, "arousal": 1})
    assert repr(numbers).startswith("<Prediction: valence 0.25, arousal 1.00; a.mp4")
