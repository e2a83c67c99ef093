"""Several maps of one picture at once: labels, normals of surfaces, depths."""
