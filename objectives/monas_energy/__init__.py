"""Energy per inference on a device."""
