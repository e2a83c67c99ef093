"""MobileNetV2 layers whose kernel, expansion and presence are searched."""
