"""Devices that a search has not seen: measured on the reference architectures, kept as a file."""
