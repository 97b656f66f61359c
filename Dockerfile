# GenAI Atlas on the processor: docker build -t genai-atlas . && docker run -p 7860:7860 genai-atlas
FROM python:3.11-slim

# What llama.cpp, FAISS and torch need at run time.
RUN apt-get update && apt-get install -y --no-install-recommends libgomp1 && rm -rf /var/lib/apt/lists/*

RUN useradd --create-home --uid 1000 atlas
WORKDIR /app

COPY requirements.lock .
RUN python -m pip install --no-cache-dir --require-hashes -r requirements.lock

COPY --chown=atlas:atlas . .
RUN mkdir -p /home/atlas/cache && chown atlas:atlas /home/atlas/cache

USER atlas
ENV HOST=0.0.0.0 PORT=7860 GRADIO_ANALYTICS_ENABLED=False PYTHONUNBUFFERED=1 GENAI_DEMO_HOME=/home/atlas/cache
EXPOSE 7860
HEALTHCHECK --interval=30s --timeout=10s --start-period=60s --retries=3 \
  CMD ["python", "-c", "import os, urllib.request as u; u.urlopen(f'http://127.0.0.1:{os.environ[\"PORT\"]}/healthz', timeout=8)"]
CMD ["python", "app.py"]
