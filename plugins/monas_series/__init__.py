"""Tasks on recordings of sensors: windows of a few channels, a class or a number for each."""
