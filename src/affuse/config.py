"""Recipe (TOML) -> validated, frozen configuration.

Every default of affuse stands in this file and nowhere else; a recipe, ``--set`` and the
other options of the command line only override fields. An unknown key is an error.
"""

from __future__ import annotations

import difflib
import hashlib
import json
import tomllib
from collections.abc import Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Literal

import tomli_w
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
)

from affuse.errors import ConfigError

Combination = Literal["concatenate", "add", "multiply", "weighted"]
DecisionRule = Literal[
    "mean", "weighted", "product", "max", "min", "median", "majority", "stacking"
]
JointFusion = Literal[
    "early", "early balanced", "late concatenate", "late add", "late multiply", "late weighted"
]
ProtocolName = Literal["speaker-independent", "random", "lecture"]

VGG_CONVOLUTIONS = 13

_AsText = Annotated[str, BeforeValidator(lambda value: str(value))]
_Positive = Annotated[float, Field(gt=0)]


class _Settings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class DataConfig(_Settings):
    """Which clips take part. An empty tuple means: all."""

    path: str = ""
    reader: Literal["auto", "ravdess", "table"] = "auto"
    speakers: tuple[_AsText, ...] = ()
    emotions: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    intensities: tuple[str, ...] = ()
    shuffle_labels: bool = False


class MediaConfig(_Settings):
    """How much of a clip is read, and at what size."""

    duration_s: float = Field(default=4.0, gt=0)
    height: int = Field(default=128, ge=32)
    fps: float = Field(default=30.0, gt=0)


class MfccConfig(_Settings):
    """Mel-frequency cepstral coefficients (``preset``: numbers of librosa, or of the lecture)."""

    preset: Literal["librosa", "lecture"] = "librosa"
    n_mfcc: int = Field(default=40, ge=1, le=128)
    sample_rate: int = Field(default=8000, ge=1000)


class VoiceStatisticsConfig(_Settings):
    """Statistics of the whole utterance; a clip longer than ``limit_s`` is cut."""

    limit_s: float = Field(default=30.0, gt=0)


class VoiceNetworkConfig(_Settings):
    """The voice network, learned anew in every fold: folds of speakers within, and rounds."""

    n_folds: int = Field(default=3, ge=2)
    epochs: int = Field(default=40, ge=1)


class VggFaceConfig(_Settings):
    """VGG16 trunk.

    ``weights`` is ``vgg-face`` (downloaded), ``untrained`` (He weights from ``seed``) or a path
    to a Keras file; ``preprocessing`` says which channel means are subtracted. ``crop`` is what
    it sees of a frame: all of it, the square in its centre, or the largest face. ``precision``
    int8 is about three times as quick; ``ranges``, the largest activation of each convolution,
    are measured on the clips where they are not given.
    """

    weights: str = "untrained"
    preprocessing: Literal["vgg-face", "imagenet"] = "vgg-face"
    frame_step: int = Field(default=1, ge=1)
    crop: Literal["none", "centre", "face"] = "none"
    precision: Literal["fp32", "int8"] = "fp32"
    ranges: tuple[_Positive, ...] = ()
    device: Literal["cpu", "cuda"] = "cpu"
    seed: int = Field(default=0, ge=0)

    @field_validator("ranges")
    @classmethod
    def _one_for_each_convolution(cls, ranges: tuple[float, ...]) -> tuple[float, ...]:
        if len(ranges) not in (0, VGG_CONVOLUTIONS):
            raise ValueError(f"expected {VGG_CONVOLUTIONS} numbers, or none to measure them")
        return ranges


class FeatureLayerConfig(_Settings):
    """The lecture's learned feature layer on top of the frozen trunk."""

    n_features: int = Field(default=21, ge=1)
    epochs: int = Field(default=20, ge=1)
    batch_size: int = Field(default=128, ge=2)
    learning_rate: float = Field(default=1e-4, gt=0)


class FeaturesConfig(_Settings):
    """One extractor (or CSV file) per modality, and the settings of each extractor."""

    audio: str = "mfcc"
    video: str = "vgg_face"
    mfcc: MfccConfig = MfccConfig()
    voice_statistics: VoiceStatisticsConfig = VoiceStatisticsConfig()
    voice_network: VoiceNetworkConfig = VoiceNetworkConfig()
    vgg_face: VggFaceConfig = VggFaceConfig()
    layer: FeatureLayerConfig = FeatureLayerConfig()


class ModelConfig(_Settings):
    """A model by its registered name, its scaler and its own parameters.

    ``grid`` lists values of numeric parameters to choose from, anew in every fold, in inner folds
    of its training clips.
    """

    name: str
    scaler: Literal["standard", "minmax", "none"] = "standard"
    params: dict[str, float | int | str | bool] = {}
    grid: dict[str, tuple[float, ...]] = {}


class FusionConfig(_Settings):
    """Which fusions are evaluated.

    ``late`` lists the combinations of the two embeddings, ``decision`` the rules that combine the
    modalities' probabilities, ``hybrid`` those that also have the word of ``hybrid_with``.
    ``modality_dropout``: early and late fusion learn to do without a modality, even where every
    training clip has all.
    """

    early: bool = True
    early_balanced: bool = False
    late: tuple[Combination, ...] = ()
    late_epochs: int = Field(default=200, ge=1)
    decision: tuple[DecisionRule, ...] = ()
    hybrid: tuple[DecisionRule, ...] = ()
    hybrid_with: JointFusion = "early"
    modality_dropout: bool = False


class FoldsConfig(_Settings):
    """How speakers are divided.

    ``n_folds`` None: 5, or as many as there are speakers if fewer. ``speakers`` lists the test
    speakers of each fold and overrides ``scheme``; ``published`` names a published fold set;
    ``file`` is a CSV with ``clip,fold`` or ``speaker,fold`` and overrides them all.
    """

    scheme: Literal["k-fold", "leave-one-speaker-out"] = "k-fold"
    n_folds: int | None = Field(default=None, ge=2)
    published: str = ""
    speakers: tuple[tuple[_AsText, ...], ...] = ()
    file: str = ""


class EvaluationConfig(_Settings):
    """Protocols and intervals. ``test_share``: of the lecture's random split."""

    protocols: tuple[ProtocolName, ...] = ("speaker-independent",)
    test_share: float = Field(default=0.2, gt=0, lt=1)
    n_bootstrap: int = Field(default=2000, ge=100)


class RobustnessConfig(_Settings):
    """How test clips are degraded; training clips never are. An empty tuple leaves a kind out.

    ``white_noise``, ``babble``: levels of the speech over the noise, in dB; ``talkers``: people in
    the babble. ``blur``: standard deviation as a share of the picture's height. ``dark``: factor
    of all grey levels. ``dropped_frames``: share that is lost. ``without``: each modality gone.
    """

    enabled: bool = False
    white_noise: tuple[float, ...] = (20.0, 10.0, 5.0, 0.0, -5.0)
    babble: tuple[float, ...] = (20.0, 10.0, 5.0, 0.0, -5.0)
    talkers: int = Field(default=6, ge=1)
    blur: tuple[Annotated[float, Field(gt=0, lt=1)], ...] = (0.02, 0.05)
    dark: tuple[Annotated[float, Field(gt=0, lt=1)], ...] = (0.3, 0.1)
    dropped_frames: tuple[Annotated[float, Field(gt=0, lt=1)], ...] = (0.5, 0.9)
    without: bool = True


class BundleConfig(_Settings):
    """What a run makes of its best system with speakers kept apart.

    ``abstain_below``: smallest calibrated probability with which prediction names an emotion.
    ``licence``: of the graphs, for the model card; empty: as the corpus has it, where it is known.
    """

    enabled: bool = True
    abstain_below: float = Field(default=0.35, ge=0, le=1)
    licence: str = ""


class Config(_Settings):
    """All that steers a run. ``jobs`` None: one process per core."""

    recipe: str = "quick"
    seed: int = Field(default=0, ge=0)
    data: DataConfig = DataConfig()
    media: MediaConfig = MediaConfig()
    features: FeaturesConfig = FeaturesConfig()
    models: tuple[ModelConfig, ...] = (
        ModelConfig(name="gaussian_nb"),
        ModelConfig(name="lda"),
        ModelConfig(name="svm_linear"),
        ModelConfig(name="svm_rbf"),
    )
    fusion: FusionConfig = FusionConfig()
    folds: FoldsConfig = FoldsConfig()
    evaluation: EvaluationConfig = EvaluationConfig()
    robustness: RobustnessConfig = RobustnessConfig()
    bundle: BundleConfig = BundleConfig()
    out: str = ""
    jobs: int | None = Field(default=None, ge=1)

    def digest(self) -> str:
        """Stable hash of all that steers the numbers: places and process counts left out."""
        payload = self.model_dump(mode="json", exclude={"out", "jobs", "recipe", "bundle"})
        payload["data"].pop("path")
        return hashlib.sha256(json.dumps(payload, sort_keys=True).encode()).hexdigest()[:16]

    def to_toml(self) -> str:
        """The resolved configuration as a recipe that reproduces it."""
        return tomli_w.dumps(self.model_dump(mode="json", exclude_none=True))


def recipe_names() -> list[str]:
    """Names of the recipes that come with affuse."""
    folder = resources.files("affuse") / "recipes"
    return sorted(Path(p.name).stem for p in folder.iterdir() if p.name.endswith(".toml"))


def load_config(
    recipe: str | Path = "quick",
    settings: Sequence[str] = (),
    overrides: Mapping[str, Any] | None = None,
) -> Config:
    """Configuration from a recipe, ``key=value`` settings and overrides, in that order.

    Parameters
    ----------
    recipe : str or Path
        Name of a recipe of affuse, or path of a TOML file.
    settings : sequence of str
        ``dotted.key=value`` with the value in TOML; text may stand without quotes.
    overrides : mapping, optional
        Dotted key -> value, applied last.

    Raises
    ------
    ConfigError
        Unknown recipe, key or value; says what was expected.

    Examples
    --------
    >>> load_config("quick", ["seed=3", "features.mfcc.n_mfcc=13"]).features.mfcc.n_mfcc
    13
    """
    tree = _read_recipe(recipe)
    for setting in settings:
        key, value = _parse_setting(setting)
        _assign(tree, key, value)
    for key, value in (overrides or {}).items():
        _assign(tree, key, value)
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
    except tomllib.TOMLDecodeError:
        found = {}
    # More than one line would set more than one thing, of which all but the first would be lost.
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
        problems = "; ".join(_explain(item) for item in error.errors())
        raise ConfigError(f"configuration does not fit: {problems}") from error


def _explain(item: Any) -> str:
    path = [part for part in item["loc"] if isinstance(part, str)]
    key = ".".join(str(part) for part in item["loc"])
    if item["type"] != "extra_forbidden":
        return f"{key} = {item['input']!r}: {item['msg']}"
    legal = _fields_at(path[:-1])
    near = difflib.get_close_matches(path[-1], legal, n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"expected one of {', '.join(legal)}"
    return f"unknown key {key!r}: {hint}"


def _fields_at(path: list[str]) -> list[str]:
    model: type[BaseModel] = Config
    for part in path:
        inner = model.model_fields[part].annotation
        if inner == tuple[ModelConfig, ...]:
            inner = ModelConfig
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            model = inner
    return list(model.model_fields)
