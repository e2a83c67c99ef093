"""Contracts every plugin can be checked against."""
