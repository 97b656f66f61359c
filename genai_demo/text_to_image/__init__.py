"""Text to picture in small: latent diffusion (Rombach et al. 2022) on the picture world, in the classes of diffusers.

It is in training and has no page yet, so it declares no runs and no models. train.py says how to go on.
"""
