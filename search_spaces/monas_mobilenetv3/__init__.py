"""Search space MobileNetV3."""
