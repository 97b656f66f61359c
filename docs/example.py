from PIL import Image

from genai_demo import DemoError, Recipe, load, run

model = load("diffusion/fashion")  # a torch module, in evaluation mode
print(sum(p.numel() for p in model.parameters()), "parameters")
try:
    for frame in run(Recipe("diffusion/denoise", {"label": "ankle boot", "steps": 6, "samples": 1}, seed=7)):
        print(frame.index + 1, "of", frame.total)
except DemoError as error:  # one sentence: what was asked, the limit, what to do
    raise SystemExit(str(error)) from None
Image.fromarray(frame.x[0]).save("boot.png")
