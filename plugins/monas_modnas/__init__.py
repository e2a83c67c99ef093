"""MODNAS: one hypernetwork for all preferences and devices."""
