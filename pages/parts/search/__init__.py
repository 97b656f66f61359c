"""Search over everything that has an address."""
