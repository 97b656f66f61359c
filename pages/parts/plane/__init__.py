"""The latent plane."""
