"""Cell-based image classifiers as in NAS-Bench-201."""
