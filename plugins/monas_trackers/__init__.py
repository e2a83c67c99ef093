"""Runs told to trackers of experiments, commands and web hooks."""
