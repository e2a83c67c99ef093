"""Losses in place of a task's own."""
