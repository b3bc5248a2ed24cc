# whynan's web app, on http://127.0.0.1:8501 after
#   docker build -t whynan . && docker run -p 8501:8501 whynan
# (-e WHYNAN_URL=https://… is what its links start with; -e WHYNAN_DATABASE=postgresql+psycopg://… or a volume at
# /home/whynan/.local keeps short links beyond the container).
# With CUDA, to probe the host's GPUs (run it with --gpus all):
#   docker build -t whynan --build-arg TORCH_INDEX=https://download.pytorch.org/whl/cu128 .
# Without torch, for those who only browse and share (no numeric self-test):
#   docker build -t whynan --build-arg TORCH= .
ARG PYTHON=3.13

FROM python:${PYTHON}-slim AS build
ARG TORCH=1
ARG TORCH_INDEX=https://download.pytorch.org/whl/cpu
WORKDIR /src
RUN python -m venv /opt/whynan
ENV PATH=/opt/whynan/bin:$PATH PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
# Before the sources, so that the largest layer is kept while they change.
COPY constraints.txt ./
RUN if [ "${TORCH}" ]; then pip install -c constraints.txt --extra-index-url "${TORCH_INDEX}" torch; fi
COPY pyproject.toml README.md LICENSE ./
COPY app app
COPY kb kb
COPY probes probes
RUN pip install -c constraints.txt ".[gpu,login,postgres]"

FROM python:${PYTHON}-slim
RUN useradd --uid 10001 --create-home whynan
COPY --from=build /opt/whynan /opt/whynan
ENV PATH=/opt/whynan/bin:$PATH PYTHONUNBUFFERED=1
# By number: Kubernetes' runAsNonRoot cannot judge a name.
USER 10001
WORKDIR /home/whynan
EXPOSE 8501
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8501/healthz', timeout=4)"]
CMD ["whynan", "serve", "--host", "0.0.0.0"]
