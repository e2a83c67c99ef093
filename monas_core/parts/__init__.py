"""What a plugin implements and is handed: spaces, supernets, tasks, objectives, devices."""
