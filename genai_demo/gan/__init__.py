"""GANs: on 2-D points and on Fashion-MNIST, trained live and recorded; picture to picture; style; growing."""

from genai_demo.core.registry import Family, Laboratory
from genai_demo.core.run import Run
from genai_demo.core.spec import Bundled, ModelSpec, Package
from genai_demo.gan import faces_options, options, points_options

FAMILY = Family(
    "GAN",
    "Images",
    "One network forges, another finds the forgeries; both get better.",
    starts=(
        ("Two networks learn a ring", "run=gan/points"),
        ("Draw a boot, get a boot", "run=gan/edges"),
        ("A boot turns into a bag", "run=gan/walk&start_label=ankle boot&end_label=bag"),
    ),
    laboratory=Laboratory("gan/points", "genai_demo.gan.duel:size"),
)

FACES = ModelSpec(
    "gan/mobile-stylegan",
    "MobileStyleGAN, faces of 1024 pixels",
    (
        Package(
            "random-face",
            "2021.7.21.1",
            "random_face/data/MappingNetwork.xml",
            "73e2096cad6e696e4af47df2477e048ab4c42c0e0dec83c7c66604822689e55b",
            (
                (
                    "random_face/data/MappingNetwork.bin",
                    "212dd716bdb556e18db603ea97300d4fa3c872b878c726b2402fea80820e7305",
                ),
                (
                    "random_face/data/SynthesisNetwork.xml",
                    "7918fce515243954d3e06628cb39a23902d6b1d5d02932cc0c2faee7a2aeeedd",
                ),
                (
                    "random_face/data/SynthesisNetwork.bin",
                    "c7da15fa22d508c82e1c30dd6b4cdf67fe3ccdddaf85b310ee764dbf0c289645",
                ),
            ),
            37_588_926,
        ),
    ),
    "genai_demo.gan.openvino_faces:build",
    "Apache-2.0 in its source; learnt, it seems, from FFHQ, whose licence is non-commercial (CC BY-NC-SA 4.0); "
    "all faces are made up, none is of a person",
    "genai_demo.gan.openvino_faces:example",
    "openvino",
)


def _spec(name: str, title: str, build: str, example: str) -> ModelSpec:
    return ModelSpec(
        f"gan/{name}",
        title,
        (Bundled(f"gan/{name}.safetensors"),),
        f"genai_demo.gan.bundle:{build}",
        "Apache-2.0 (trained here on Fashion-MNIST, MIT)",
        f"genai_demo.gan.bundle:{example}",
    )


SPECS: tuple[ModelSpec, ...] = (
    _spec("fashion", "Class-conditional GAN", "build", "example"),
    _spec("pix2pix", "pix2pix, lines to garments", "build_pix2pix", "example_picture"),
    _spec("cyclegan", "CycleGAN, sneakers and ankle boots", "build_cyclegan", "example_picture"),
    _spec("grown", "Progressively grown GAN", "build_grown", "example_grown"),
    FACES,
)
FASHION = ("gan/fashion",)

RUNS: tuple[Run, ...] = (
    Run(
        "gan/points",
        "Train a small GAN on points, live; rewind, change something, branch",
        points_options.PointsOptions,
        "genai_demo.gan.points:points",
        (),
        lambda o: 30 + o.steps // 100 * (1 + o.d_steps),
        threads=1,
    ),
    Run(
        "gan/train",
        "Train a small DCGAN or WGAN-GP on pictures, live",
        options.TrainOptions,
        "genai_demo.gan.live:train_pictures",
        (),
        lambda o: 30 + o.steps // 10,
    ),
    Run(
        "gan/sample",
        "Pictures from latents, from hardly any variety to all of it",
        options.SampleOptions,
        "genai_demo.gan.sample:sample",
        FASHION,
        lambda o: 20,
    ),
    Run(
        "gan/walk",
        "From one latent to another, and from class to class",
        options.WalkOptions,
        "genai_demo.gan.walk:walk",
        FASHION,
        lambda o: 20,
    ),
    Run(
        "gan/arithmetic",
        "Classes added and subtracted",
        options.ArithmeticOptions,
        "genai_demo.gan.arithmetic:arithmetic",
        FASHION,
        lambda o: 20,
    ),
    Run(
        "gan/opinion",
        "What the discriminator thinks of a picture, and how it would change it",
        options.OpinionOptions,
        "genai_demo.gan.opinion:opinion",
        FASHION,
        lambda o: 20,
    ),
    Run(
        "gan/checkpoints",
        "The recorded training: its curves, and the same latents all along",
        options.CheckpointOptions,
        "genai_demo.gan.checkpoints:checkpoints",
        FASHION,
        lambda o: 30,
    ),
    Run(
        "gan/edges",
        "Lines become garments (pix2pix)",
        options.EdgesOptions,
        "genai_demo.gan.redraw:garments",
        ("gan/pix2pix",),
        lambda o: 20,
    ),
    Run(
        "gan/cycle",
        "Sneakers become ankle boots and sneakers again (CycleGAN)",
        options.CycleOptions,
        "genai_demo.gan.redraw:cycle",
        ("gan/cyclegan",),
        lambda o: 20,
    ),
    Run(
        "gan/grow",
        "A GAN grows from 7x7 to 28x28 pixels (ProGAN)",
        options.GrowOptions,
        "genai_demo.gan.grown:grow",
        ("gan/grown",),
        lambda o: 20,
    ),
    Run(
        "gan/faces",
        "Faces that no one has, from the mean face to strange ones",
        faces_options.FacesOptions,
        "genai_demo.gan.faces:faces",
        (FACES.key,),
        lambda o: 20 + 3 * o.count * o.sweep,
    ),
    Run(
        "gan/mix",
        "Two faces mixed, each layer with the style of one of them",
        faces_options.MixOptions,
        "genai_demo.gan.faces:mix",
        (FACES.key,),
        lambda o: 110,
    ),
    Run(
        "gan/walk-faces",
        "A walk from face to face, as a film",
        faces_options.WalkOptions,
        "genai_demo.gan.faces:walk",
        (FACES.key,),
        lambda o: 20 + 3 * o.frames,
    ),
)
