# A target for each place where the code runs: operator, builder, serving, triton-dev.
#
#     buildah bud --layers --target operator --tag modelsmith/operator .      (or docker build, podman build)
#
# Dependencies come first, from the lock files and by their hashes; the source comes last, with its bytecode, so that a
# change of the source is a layer of some hundred kilobytes. The rooms are copied, not installed from one wheel: an image
# then holds the rooms that it runs and no others, and a change of the operator leaves the builder's digest alone.

# Any Debian bookworm with python3 3.11 and its venv module. What its certificates vouch for is trusted.
ARG BASE_IMAGE=python:3.11-slim-bookworm

FROM ${BASE_IMAGE} AS base
# Nothing writes bytecode at run time (the root may be read-only): all is compiled here, because start-up time counts.
# The user has a number and no entry in /etc/passwd (a cluster may choose any other number): libraries ask for the name.
# onnxruntime's official wheels send usage data to their maker unless told not to: a user's models are nobody's business.
ENV PATH=/opt/venv/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    PYTHONPATH=/opt/modelsmith \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    LOGNAME=modelsmith \
    ORT_DISABLE_TELEMETRY=1
WORKDIR /opt/modelsmith
LABEL org.opencontainers.image.vendor="Modelsmith" org.opencontainers.image.licenses="Apache-2.0"

# install-locked ARGUMENTS: uv pip install into /opt/venv, by a uv that is gone again when the layer is done.
# It trusts the system's certificates, not a built-in list: a company mounts those of its own authority.
# Caches are used where the person who builds mounts some, and left behind nowhere.
COPY requirements/uv.txt /opt/requirements/
RUN printf '%s\n' '#!/bin/sh -e' \
      '[ -d /root/.cache/pip ] || export PIP_NO_CACHE_DIR=1' \
      '[ -d /root/.cache/uv ] || export UV_NO_CACHE=1' \
      'python3 -m venv /tmp/uv' \
      '/tmp/uv/bin/pip install --quiet --require-hashes --requirement /opt/requirements/uv.txt' \
      'export UV_SYSTEM_CERTS=1 UV_LINK_MODE=copy UV_PYTHON_DOWNLOADS=never VIRTUAL_ENV=/opt/venv' \
      '[ -d /opt/venv ] || /tmp/uv/bin/uv venv --quiet --python "$(command -v python3)" /opt/venv' \
      '/tmp/uv/bin/uv pip install --no-deps --compile-bytecode "$@"' \
      'rm -rf /tmp/uv' > /usr/local/bin/install-locked \
 && chmod 755 /usr/local/bin/install-locked

# ---- operator -------------------------------------------------------------------------------------------------------
FROM base AS operator
COPY requirements/operator.txt /opt/requirements/
RUN install-locked --require-hashes --requirement /opt/requirements/operator.txt
COPY model-builder/model_builder/__init__.py model-builder/model_builder/digests.py model_builder/
COPY model-builder/model_builder/contract model_builder/contract
COPY serving/model_serving/__init__.py serving/model_serving/flags.py serving/model_serving/places.py \
     serving/model_serving/settings.py model_serving/
COPY serving/model_serving/model_config model_serving/model_config
COPY operator/model_operator model_operator
RUN python3 -m compileall -q --invalidation-mode unchecked-hash .
ARG VERSION=unknown
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Modelsmith operator" \
      org.opencontainers.image.description="Reconciles ModelDeployments and ModelBuilds" \
      org.opencontainers.image.version="${VERSION}" org.opencontainers.image.revision="${REVISION}"
USER 65532:65532
ENTRYPOINT ["python3", "-m", "model_operator"]

# ---- builder: the four steps of a build -----------------------------------------------------------------------------
FROM base AS builder
# locked: the registry's own torch, which for x86-64 brings CUDA (3 GB of the image). cpu: torch from PyTorch's own
# index, without it. That wheel has another hash than the locked one, so torch alone is then installed by its locked
# version without a hash; everything else stays locked. (Other backends would need libraries that no lock names.)
ARG TORCH_BACKEND=locked
COPY requirements/builder.txt /opt/requirements/
# Not installed: triton, here torch's compiler for GPU kernels, which no build runs (it would want a C compiler too).
# Removed: headers and static libraries, which are for compiling against.
RUN set -e; cd /opt/requirements; \
    echo triton > never.txt; \
    if [ "${TORCH_BACKEND}" != locked ]; then \
      sed -nE 's/^((torch|nvidia-[a-z0-9-]+|cuda-[a-z]+)(\[[a-z,]+\])?==.*) \\$/\1/p' builder.txt | sed 's/==.*//' >> never.txt; \
      install-locked --torch-backend="${TORCH_BACKEND}" "$(sed -nE 's/^(torch==[^ ]+).*/\1/p' builder.txt)"; \
    fi; \
    install-locked --require-hashes --excludes never.txt --requirement builder.txt; \
    packages="$(python3 -c 'import sysconfig; print(sysconfig.get_path("purelib"))')"; \
    find "${packages}/torch/include" "${packages}/nvidia" -depth -path '*/include*' -delete; \
    find "${packages}" -name '*.a' -delete
COPY serving/model_serving model_serving
COPY model-builder/model_builder model_builder
RUN python3 -m compileall -q --invalidation-mode unchecked-hash .
ARG VERSION=unknown
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Modelsmith builder" \
      org.opencontainers.image.description="From a checkpoint to a verified artifact: fetch, convert, optimize, publish" \
      org.opencontainers.image.version="${VERSION}" org.opencontainers.image.revision="${REVISION}"
USER 65532:65532
ENTRYPOINT ["python3", "-m", "model_builder"]

# ---- serving: what stands beside Triton, compose and the sentinel ---------------------------------------------------
FROM base AS serving
COPY requirements/serving.txt /opt/requirements/
RUN install-locked --require-hashes --requirement /opt/requirements/serving.txt
COPY model-builder/model_builder/__init__.py model-builder/model_builder/digests.py \
     model-builder/model_builder/machine.py model_builder/
COPY model-builder/model_builder/contract model_builder/contract
COPY serving/model_serving model_serving
RUN python3 -m compileall -q --invalidation-mode unchecked-hash .
ARG VERSION=unknown
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Modelsmith serving" \
      org.opencontainers.image.description="Composes Triton's model repository and watches the server" \
      org.opencontainers.image.version="${VERSION}" org.opencontainers.image.revision="${REVISION}"
USER 65532:65532
ENTRYPOINT ["python3", "-m", "model_serving"]

# ---- triton-dev: a server for demo, tests and local mode. NOT for production: it has known vulnerabilities ----------
FROM base AS triton-dev
COPY requirements/triton-dev.txt /opt/requirements/
RUN install-locked --require-hashes --requirement /opt/requirements/triton-dev.txt
# The server embeds Python: a base with Debian's own needs the shared library, the official Python image has it.
RUN ldconfig -p | grep -q libpython3.11.so.1.0 \
 || { apt-get update && apt-get install --yes --no-install-recommends libpython3.11 && rm -rf /var/lib/apt/lists/*; }
# The program that a pod starts has the name it has in NVIDIA's image, so the pods are the same.
RUN printf '%s\n' '#!/bin/sh' 'exec /opt/venv/bin/python3 -m model_serving.development "$@"' \
      > /usr/local/bin/tritonserver \
 && chmod 755 /usr/local/bin/tritonserver
COPY serving/model_serving/__init__.py serving/model_serving/development.py model_serving/
COPY serving/model_serving/backends model_serving/backends
RUN python3 -m compileall -q --invalidation-mode unchecked-hash .
ARG VERSION=unknown
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Modelsmith development server" \
      org.opencontainers.image.description="Triton 2.51 with known vulnerabilities: for demo and tests only" \
      org.opencontainers.image.version="${VERSION}" org.opencontainers.image.revision="${REVISION}"
USER 65532:65532
CMD ["tritonserver", "--help"]
