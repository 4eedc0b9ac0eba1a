"""How late fusion's network combines the embeddings of the modalities."""

from __future__ import annotations

from typing import Literal, get_args

Combination = Literal["concatenate", "add", "multiply", "weighted"]
COMBINATIONS: tuple[Combination, ...] = get_args(Combination)
