"""Arrays in, arrays out: layout of the grid, color maps, geometry. NumPy only."""
