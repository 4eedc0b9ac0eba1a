"""Every setting of affuse: its name, default, allowed values and meaning.

They stand here, those of clips and their features beside it, and nowhere else; a recipe, ``--set``
and the other options of the command line only override fields, and `affuse settings` prints what is
written here.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any, Literal

import tomli_w
from pydantic import (
    Field,
    field_validator,
    model_validator,
)

from affuse.config.features import FeaturesConfig, MediaConfig
from affuse.config.fields import (
    VOTES_ON,
    Combination,
    Corpus,
    Duration,
    Family,
    Fusion,
    Joint,
    List,
    Model,
    ProtocolName,
    Rule,
    Settings,
    Share,
    Speakers,
)


class DataConfig(Settings):
    """Which clips take part."""

    path: str | tuple[str, ...] = Field(
        "",
        description='Folder of a corpus, or CSV of clips; several such as ["ravdess", "emodb"].',
    )
    corpus: Corpus = Field("auto", description="Corpus; auto: recognised by the files' names.")
    speakers: Speakers = Field(
        (), description='Speakers that take part, such as 1-6,9 or ["anna", "ben"]; none: all.'
    )
    emotions: List[str] = Field(
        (), description="Emotions that take part, such as calm,sad; none: all."
    )
    where: dict[str, List[str]] = Field(
        {},
        description="Values that an attribute of the clips may have, such as "
        '{channel = ["speech"]}; none: all.',
    )
    targets: List[str] = Field(
        (),
        description="Numbers that are learned if the task is dimensional; none: all there are, but "
        "for age, sex and language.",
    )
    votes: str = Field(
        "",
        description="Whose votes are scored against: voice, face or both of a corpus that has some "
        "beside its clips, or a CSV with clip,neutral,happy,... counts; empty: none, or with "
        "target = votes those on what the features are from.",
    )
    least_votes: int = Field(
        3, ge=1, description="Votes that a clip must have where votes are asked for."
    )
    shuffle_labels: bool = Field(
        False, description="Shuffle labels within each speaker: what is learned then is a leak."
    )

    @field_validator("votes")
    @classmethod
    def _votes_are_known(cls, votes: str) -> str:
        if votes and votes not in VOTES_ON and Path(votes).suffix.lower() != ".csv":
            raise ValueError(f"expected {', '.join(VOTES_ON)}, or the path of a CSV")
        return votes

    @field_validator("path")
    @classmethod
    def _one_path_is_text(cls, path: str | tuple[str, ...]) -> str | tuple[str, ...]:
        return path[0] if isinstance(path, tuple) and len(path) == 1 else path

    @property
    def paths(self) -> tuple[str, ...]:
        """Every folder and CSV, whether one or several were given; empty if none was."""
        return (self.path,) * bool(self.path) if isinstance(self.path, str) else self.path

    @property
    def stem(self) -> str:
        """File names of the data without folders and suffixes, such as "ravdess+emodb"."""
        return "+".join(Path(path).resolve().stem for path in self.paths)


class ModelConfig(Settings):
    """One of the models that are trained."""

    name: Model = Field(description="Registered name, such as lda, svm_rbf, logistic or cnn1d.")
    scaler: Literal["standard", "minmax", "none"] = Field(
        "standard", description="How features are scaled first."
    )
    params: dict[str, float | int | str | bool] = Field({}, description="Parameters of the model.")
    grid: dict[str, tuple[float, ...]] = Field(
        {}, description="Values to choose a parameter from, in inner folds of the training clips."
    )


class FusionConfig(Settings):
    """Which fusions are evaluated."""

    early: bool = Field(True, description="Features of both modalities beside each other.")
    early_balanced: bool = Field(
        False, description="The same with the weights of both modalities balanced."
    )
    late: List[Combination] = Field(
        (), description="How the embeddings of two networks are combined."
    )
    late_epochs: int = Field(200, ge=1, description="Epochs of late fusion's own network.")
    decision: List[Rule] = Field(
        (), description="Rules that combine the modalities' probabilities."
    )
    hybrid: List[Rule] = Field((), description="Rules that add the probabilities of hybrid_with.")
    hybrid_with: Joint = Field("early", description="The fusion that hybrid rules add.")
    also: List[Fusion] = Field((), description="Further fusions, by name.")
    modality_dropout: bool = Field(
        False, description="Fusions of features and of networks learn to do without a modality."
    )
    settings: dict[Family, dict[str, Any]] = Field(
        {}, description="Settings of fusions that bring their own, a table for each."
    )


class TrainingConfig(Settings):
    """How models are trained on clips of several corpora together."""

    masked: bool = Field(
        False,
        description="Networks and logistic regression learn from a clip among the emotions that "
        "its corpus can have.",
    )
    balance: Literal["none", "corpus"] = Field(
        "none", description="What counts alike: every clip, or every corpus and emotion in it."
    )


class SearchConfig(Settings):
    """How settings of networks are chosen on the training clips of each fold."""

    budget: Duration = Field(
        "",
        description="Time of one process for choosing, such as 90s, 30m or 1h30m, shared by "
        "networks and folds; empty: settings are taken as they are.",
    )
    n_folds: int = Field(3, ge=2, description="Inner folds of the training speakers.")


class FoldsConfig(Settings):
    """How speakers are divided."""

    scheme: Literal["k-fold", "leave-one-speaker-out"] = Field(
        "k-fold", description="How folds of speakers are made."
    )
    n_folds: int | None = Field(
        None, ge=2, description="Number of folds; not set: 5, or as many as there are speakers."
    )
    published: str = Field(
        "", description="Name of a published fold set, such as emobox; affuse folds lists them."
    )
    speakers: tuple[Speakers, ...] = Field(
        (), description="Test speakers of each fold, such as [[1, 2], [3, 4]]; before scheme."
    )
    file: str = Field("", description="CSV of clip,fold or speaker,fold; before all others.")
    train_on: List[str] = Field(
        (), description="Corpora that cross-corpus trains on; none: all others."
    )
    test_on: List[str] = Field((), description="Corpora that it tests on; none: all others.")


class EvaluationConfig(Settings):
    """Protocols and intervals."""

    protocols: List[ProtocolName] = Field(
        ("speaker-independent",), description="How clips are divided; random and lecture leak."
    )
    test_share: float = Field(
        0.2, gt=0, lt=1, description="Test clips of the lecture's random split, as a share."
    )
    n_bootstrap: int = Field(2000, ge=100, description="Resamples of speakers for an interval.")
    coverage: float | None = Field(
        None,
        ge=0.5,
        lt=1,
        description="Share of clips whose set of emotions is to hold the true one, such as 0.9; "
        "not set: without sets.",
    )
    by: List[str] = Field(
        (),
        description="What figures are given for apart, such as sex, age, language, corpus or "
        "a column of the table; none: all clips together.",
    )
    importance: bool = Field(
        False,
        description="Whether the best system is fitted once more, to measure how far it drops "
        "without each group of features.",
    )
    occlusion: int = Field(
        0,
        ge=0,
        le=1000,
        description="Clips of each emotion of which parts of the sound and of the face are hidden, "
        "to map where the best system finds the emotion; 0: none.",
    )


class RobustnessConfig(Settings):
    """How test clips are degraded; training clips never are."""

    enabled: bool = Field(False, description="Whether curves are measured.")
    white_noise: List[float] = Field(
        (20.0, 10.0, 5.0, 0.0, -5.0),
        description="dB of the speech over white noise; none: without.",
    )
    babble: List[float] = Field(
        (20.0, 10.0, 5.0, 0.0, -5.0),
        description="dB of the speech over other people's speech; none: without.",
    )
    talkers: int = Field(6, ge=1, description="People in the babble.")
    blur: List[Share] = Field(
        (0.02, 0.05), description="Standard deviations as shares of the picture's height."
    )
    dark: List[Share] = Field((0.3, 0.1), description="Factors of all grey levels.")
    dropped_frames: List[Share] = Field((0.5, 0.9), description="Shares of frames that are lost.")
    without: bool = Field(True, description="Whether each modality is also left out.")


class BundleConfig(Settings):
    """What bundle a run makes of its best system that keeps speakers apart."""

    enabled: bool = Field(True, description="Whether a bundle is written.")
    abstain_below: float = Field(
        0.35, ge=0, le=1, description="Least probability with which an emotion is named."
    )
    licence: str = Field(
        "", description="Of the graphs, for the model card; empty: as the corpus has it."
    )
    name: str = Field("", description="Shown with every prediction; empty: system and corpus.")


_VOTES_MODELS = ({"name": "logistic"},)
_DIMENSIONAL_MODELS = ({"name": "ridge"}, {"name": "svr"})
_DIMENSIONAL_FEATURES = {"audio": "voice_statistics", "video": "expression"}
"""What is learned from emotions, as the lecture's feature layer is, does not serve numbers."""


class Config(Settings):
    """All settings of a run; `load_config` makes one.

    Examples
    --------
    >>> Config().seed, Config().features.mfcc.n_mfcc
    (0, 40)
    """

    recipe: str = Field("quick", description="Name of the recipe; affects nothing.")
    seed: int = Field(0, ge=0, description="Of all random parts: same seed, same figures.")
    task: Literal["classification", "dimensional"] = Field(
        "classification", description="What is learned: emotions, or numbers such as valence."
    )
    target: Literal["emotion", "votes"] = Field(
        "emotion",
        description="What of an emotion is learned: the clip's own, or the shares of people's "
        "votes.",
    )
    data: DataConfig = DataConfig()
    media: MediaConfig = MediaConfig()
    features: FeaturesConfig = FeaturesConfig()
    models: tuple[ModelConfig, ...] = Field(
        (
            ModelConfig(name="gaussian_nb"),
            ModelConfig(name="lda"),
            ModelConfig(name="svm_linear"),
            ModelConfig(name="svm_rbf"),
        ),
        min_length=1,
        description='Models that are trained on each modality, such as [{name = "lda"}]; if not '
        "set, ridge and svr learn numbers, logistic learns votes.",
    )
    fusion: FusionConfig = FusionConfig()
    training: TrainingConfig = TrainingConfig()
    search: SearchConfig = SearchConfig()
    folds: FoldsConfig = FoldsConfig()
    evaluation: EvaluationConfig = EvaluationConfig()
    robustness: RobustnessConfig = RobustnessConfig()
    bundle: BundleConfig = BundleConfig()
    out: str = Field(
        "", description="Run folder; empty: affuse run names one, from Python none is written."
    )
    jobs: int | None = Field(None, ge=1, description="Processes; not set: one per core.")

    @model_validator(mode="before")
    @classmethod
    def _what_a_task_starts_from(cls, given: Any) -> Any:
        """Default models and extractors of a dimensional run, where no others were chosen.

        One of votes has a model that can learn them.
        """
        if isinstance(given, dict) and given.get("target") == "votes":
            return {"models": _VOTES_MODELS} | given
        if not isinstance(given, dict) or given.get("task") != "dimensional":
            return given
        features = given.get("features", {})
        if isinstance(features, dict):
            features = _DIMENSIONAL_FEATURES | features
        return {"models": _DIMENSIONAL_MODELS} | given | {"features": features}

    def digest(self) -> str:
        """Stable hash of all settings that affect the numbers: neither places nor process counts.

        Returns
        -------
        str
            16 hexadecimal digits.
        """
        payload = self.model_dump(mode="json", exclude={"out", "jobs", "recipe", "bundle"})
        payload["data"].pop("path")
        return hashlib.sha256(json.dumps(payload, sort_keys=True).encode()).hexdigest()[:16]

    def to_toml(self) -> str:
        """The resolved configuration as a recipe that reproduces it.

        Returns
        -------
        str
            TOML.
        """
        return tomli_w.dumps(self.model_dump(mode="json", exclude_none=True))
