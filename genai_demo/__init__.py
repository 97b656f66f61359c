"""The engine: every architecture's networks, training and inference, as generators of frames.

Knows nothing of the web. Importing it is cheap: torch and its kin are imported on first use.
"""

__version__ = "0.1.0"
