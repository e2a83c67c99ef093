"""Translation: texts that people translated, from a library or from a person's own files."""
