"""HOW TO GET THERE: drive times, miles, routes and call rotations."""
