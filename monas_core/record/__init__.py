"""What lies on disk: settings, the run folder, the archive, front files, traced workloads."""
