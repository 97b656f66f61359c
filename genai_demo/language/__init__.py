"""The loop that several language architectures share: text, samplers, prefixes, decode, engines."""
