"""Search space of inverted bottlenecks with grouped convolutions."""
