"""Plain values: immutable, comparable, without any torch module."""
