"""From a subnet to a model that runs without monas."""
