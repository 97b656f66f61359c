"""Autoencoders: plain, denoising, variational and beta-VAE, with 2 and 16 latent numbers, on Fashion-MNIST."""

from genai_demo.core.registry import Family, Laboratory
from genai_demo.core.run import Run
from genai_demo.core.spec import Bundled, ModelSpec
from genai_demo.vae import options

FAMILY = Family(
    "VAE",
    "Images",
    "Squeeze a picture into a few numbers, then draw new pictures from numbers nobody squeezed.",
    starts=(
        ("From a shirt to a boot", "run=vae/interpolate&start=sample:60&end=sample:93"),
        ("Watch one learn", "run=vae/train&steps=300"),
        ("Which numbers are used", "run=vae/dimensions"),
    ),
    laboratory=Laboratory("vae/points", "genai_demo.vae.points:size", steps="train_steps", bound="loss"),
)

VARIANTS = {
    "ae": "Autoencoder",
    "dae": "Denoising autoencoder",
    "vae": "VAE",
    "beta4": "beta-VAE, beta 4",
    "beta12": "beta-VAE, beta 12",
}
LATENTS = (2, 16)


def _spec(variant: str, latent: int) -> ModelSpec:
    return ModelSpec(
        f"vae/{variant}-{latent}",
        f"{VARIANTS[variant]}, {latent} latent numbers",
        (Bundled(f"vae/{variant}-{latent}.safetensors"),),
        "genai_demo.vae.bundle:build",
        "Apache-2.0 (trained here on Fashion-MNIST, MIT)",
        "genai_demo.vae.bundle:example",
    )


SPECS = tuple(_spec(variant, latent) for latent in LATENTS for variant in VARIANTS)
KEYS = ("vae/vae-2", *(spec.key for spec in SPECS if spec.key != "vae/vae-2"))
WIDE = ("vae/vae-16", *(spec.key for spec in SPECS if spec.key != "vae/vae-16"))

RUNS = (
    Run(
        "vae/encode",
        "A picture becomes a Gaussian over codes, and comes back",
        options.EncodeOptions,
        "genai_demo.vae.encode:encode",
        KEYS,
        lambda o: 15,
    ),
    Run(
        "vae/decode",
        "One point of the latent plane becomes a picture",
        options.DecodeOptions,
        "genai_demo.vae.decode:decode",
        KEYS,
        lambda o: 10,
    ),
    Run(
        "vae/manifold",
        "The whole latent plane, decoded on a grid",
        options.ManifoldOptions,
        "genai_demo.vae.manifold:manifold",
        KEYS,
        lambda o: 20,
    ),
    Run(
        "vae/sample",
        "Pictures from codes drawn at random, from cold to warm",
        options.SampleOptions,
        "genai_demo.vae.sample:sample",
        WIDE,
        lambda o: 20,
    ),
    Run(
        "vae/interpolate",
        "From one picture to another along three paths",
        options.InterpolateOptions,
        "genai_demo.vae.interpolate:interpolate",
        WIDE,
        lambda o: 20,
    ),
    Run(
        "vae/compare",
        "Five variants on the same input, clean to corrupted",
        options.CompareOptions,
        "genai_demo.vae.study:compare",
        (),
        lambda o: 30,
    ),
    Run(
        "vae/dimensions",
        "What each latent number does, and which are unused",
        options.DimensionsOptions,
        "genai_demo.vae.study:dimensions",
        WIDE,
        lambda o: 20,
    ),
    Run(
        "vae/checkpoints",
        "The same model at several moments of its training",
        options.CheckpointOptions,
        "genai_demo.vae.study:checkpoints",
        KEYS,
        lambda o: 30,
    ),
    Run(
        "vae/train",
        "Train a small autoencoder on pictures, live",
        options.TrainOptions,
        "genai_demo.vae.live:train_pictures",
        (),
        lambda o: 30 + o.steps // 20,
    ),
    Run(
        "vae/points",
        "Train a tiny VAE on points, and watch its decoder bend the plane onto them",
        options.PointsOptions,
        "genai_demo.vae.points:points",
        (),
        lambda o: 30 + o.train_steps // 50,
        threads=1,
    ),
)
