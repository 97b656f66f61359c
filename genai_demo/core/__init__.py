"""What every architecture stands on; knows none of them by name."""
