# The image holds Python, the wheel and what it depends on: no compiler, no package manager's cache, no root.
ARG PYTHON=3.13-slim

FROM python:${PYTHON} AS build
WORKDIR /src
COPY pyproject.toml README.md LICENSE ./
COPY operator ./operator
RUN python -m pip wheel --no-cache-dir --no-deps --wheel-dir /wheels .
# A virtual environment is a folder: the next stage takes it without pip's traces.
RUN python -m venv --without-pip /opt/tidegate \
    && python -m pip --python /opt/tidegate/bin/python install --no-cache-dir /wheels/*.whl

FROM python:${PYTHON}
LABEL org.opencontainers.image.title="tidegate" \
      org.opencontainers.image.description="Progressive delivery for Kubernetes" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=build /opt/tidegate /opt/tidegate
# The root file system is read-only in the chart's pods; what is said must not stand in a buffer when a pod is killed.
ENV PATH=/opt/tidegate/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
# A number, so that the kubelet can see that it isn't root.
USER 65532:65532
ENTRYPOINT ["tidegate"]
CMD ["operator"]
