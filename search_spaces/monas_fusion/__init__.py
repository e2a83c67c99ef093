"""Two backbones side by side: which layers of one read features of the other."""
