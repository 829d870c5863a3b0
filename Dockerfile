# Config in /config, data in /data, nothing else is written but /tmp: docs/operating.md says how to run it.
# Another base of the same kind (Debian with python3): --build-arg BASE=...
ARG BASE=docker.io/library/python:3.13-slim-trixie

FROM ${BASE} AS build
WORKDIR /src
COPY deploy/build.lock requirements.lock ./
RUN python3 -m venv /opt/build \
    && /opt/build/bin/pip install --no-cache-dir --require-hashes -r build.lock \
    && python3 -m venv --without-pip /opt/gemba \
    && /opt/build/bin/pip --python /opt/gemba/bin/python install --no-cache-dir --no-compile --require-hashes -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY bot bot
COPY connectors connectors
# Without the tests of libraries; compiled here, since nothing can be written where it runs.
RUN /opt/build/bin/pip wheel --no-cache-dir --no-deps --no-build-isolation --wheel-dir dist . \
    && /opt/build/bin/pip --python /opt/gemba/bin/python install --no-cache-dir --no-compile --no-deps dist/*.whl \
    && find /opt/gemba/lib -type d -name tests -prune -exec rm -r {} + \
    && /opt/gemba/bin/python -m compileall -q -j 0 --invalidation-mode unchecked-hash /opt/gemba/lib

FROM ${BASE}
LABEL org.opencontainers.image.title="gemba" org.opencontainers.image.licenses="Apache-2.0"
RUN groupadd --gid 10001 gemba \
    && useradd --uid 10001 --gid gemba --no-create-home --home-dir /tmp --shell /usr/sbin/nologin gemba \
    && install --directory --owner=gemba --group=gemba --mode=0750 /data
COPY --from=build /opt/gemba /opt/gemba
COPY deploy/healthy.py /opt/gemba/healthy.py
ENV PATH=/opt/gemba/bin:$PATH HOME=/tmp GEMBA_CONFIG=/config/config.toml PYTHONUNBUFFERED=1
USER 10001:10001
WORKDIR /data
VOLUME /data
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=10s --start-period=2m CMD ["python", "-IS", "/opt/gemba/healthy.py"]
ENTRYPOINT ["gemba"]
CMD ["run"]
