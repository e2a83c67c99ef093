"""Searches that land on a target: multipliers learnt beside the architecture."""
