"""Latency of a network on a device."""
