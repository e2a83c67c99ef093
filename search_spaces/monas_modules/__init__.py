"""Any torch module of a person's own as a space: channel groups and residual blocks."""
