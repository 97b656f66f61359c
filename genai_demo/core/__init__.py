"""What every architecture stands on; knows none of them by name."""

VERSION = "0.1.0"  # of the program; every recipe says it
