"""Mean of the members' outputs."""

from __future__ import annotations

from affuse.fusion.rule import Rule, weighted_mean

RULE = Rule(weighted_mean, numbers=True)
