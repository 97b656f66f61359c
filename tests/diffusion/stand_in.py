"""What makes the runs of diffusion quick: the network is asked once a step."""

QUICK = {"diffusion/error": {"guidance_scale": 1}}
