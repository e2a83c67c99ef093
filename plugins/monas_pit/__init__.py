"""PIT: channels, taps and dilation are pruned while the network is trained."""
