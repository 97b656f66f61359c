"""Melodies: a VAE of recurrent networks that has a place for each two bars, and a decoder that goes on with a tune."""
