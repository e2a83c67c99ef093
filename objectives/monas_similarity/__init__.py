"""Quality of networks that nobody trained, from one batch."""
