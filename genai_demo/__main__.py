"""`python -m genai_demo`: the command line."""

from genai_demo.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
