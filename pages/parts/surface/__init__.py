"""A plane of a film as a surface that turns."""
