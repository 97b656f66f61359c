"""A prompt, and which of its words the picture world knows."""
