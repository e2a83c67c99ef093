"""Quality of a network on its task."""
