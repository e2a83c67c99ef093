"""Language models that somebody has already: the sub-networks of a Hugging Face checkpoint."""
