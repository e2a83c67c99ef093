"""Temporal convolutional networks: channels, taps and dilation of every filter are searched."""
