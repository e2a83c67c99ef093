"""A stranger's plugin of every kind but a space: nine specs, all honest."""
