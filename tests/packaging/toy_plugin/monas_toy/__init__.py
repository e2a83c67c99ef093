"""A stranger's plugin: one space, one objective, one device, one optimizer."""
