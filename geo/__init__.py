"""WHERE: units, plans and the optimiser. Arrays and frames in, arrays and frames out.

Nothing here reads a file, a clock, the environment or a global random number.
"""
