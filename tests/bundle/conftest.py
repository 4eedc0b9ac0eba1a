"""Bundles of tiny systems and of tiny graphs."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from affuse.bundle.bundle import Bundle
from affuse.bundle.manifest import Manifest
from affuse.bundle.member import FeatureSource, Member
from affuse.bundle.writer import make_bundle
from affuse.models.graphs.builder import GraphBuilder

CLASSES = ("neutral", "calm", "happy")


def linear_graph(n_features: int, n_classes: int, seed: int = 0) -> bytes:
    """Softmax of a product of matrices."""
    matrix = np.random.default_rng(seed).standard_normal((n_features, n_classes))
    graph = GraphBuilder()
    rows = graph.cast(graph.input("audio", ["n", n_features]), "DOUBLE")
    told = graph.node("Softmax", graph.times(rows, matrix), axis=1)
    return graph.finish({"probabilities": (told, ["n", n_classes])})


@pytest.fixture
def tiny_manifest() -> Manifest:
    source = FeatureSource(name="mfcc", shape=(4,))
    member = Member(name="audio", features={"audio": source}, graph="audio.onnx", classes=CLASSES)
    return Manifest(affuse="0.1.0", name="tiny", classes=CLASSES, members=(member,))


@pytest.fixture
def tiny_bundle(tiny_manifest: Manifest) -> Bundle:
    return make_bundle(tiny_manifest, {"audio.onnx": linear_graph(4, 3), "MODEL_CARD.md": b"# t"})


@pytest.fixture
def bundle_of_members() -> Callable[..., Bundle]:
    """Bundle of members with any classes, whose graphs do not matter."""

    def make(classes: tuple[str, ...], members: list[Member], **fields: object) -> Bundle:
        manifest = Manifest(
            affuse="0.1.0", name="made", classes=classes, members=tuple(members), **fields
        )
        graphs = {member.graph: linear_graph(4, len(member.classes)) for member in members}
        return make_bundle(manifest, {**graphs, "MODEL_CARD.md": b"# made"})

    return make
