"""Encoder-decoders that draw maps of density: cells at chosen resolutions."""
