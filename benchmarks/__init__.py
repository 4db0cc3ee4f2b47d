"""Named instances, best-known values, and peers measured in the same run."""
