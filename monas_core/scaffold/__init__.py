"""Writes the first version of a plugin: a package that installs, passes the kit and runs."""
