"""What this package offers; imports no torch."""
