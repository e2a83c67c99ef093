"""A finished run, asked: which architecture for a wish, on any device, and is it true."""
