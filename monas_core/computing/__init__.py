"""How the steps of a training are computed on this machine: precision, pieces, averages."""
