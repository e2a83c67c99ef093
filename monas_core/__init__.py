"""Search of neural architectures for several objectives and many devices."""
