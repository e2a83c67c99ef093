"""What steers a search beside its objectives."""
