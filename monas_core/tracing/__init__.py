"""What a network costs, counted: one pass over meta tensors records every operation."""
