"""Options of the toy."""

from genai_demo.core.options import Options, option


class SpinOptions(Options):
    steps: int = option(12, "How many steps a turn has", at_least=1, at_most=60)
