"""WHO AND HOW MUCH: workload, reps and goals. Tables only, no geometry of its own."""
