FROM python:3.12-slim AS build
WORKDIR /src
RUN python -m venv /opt/gemba
COPY requirements.lock .
RUN /opt/gemba/bin/pip install --no-cache-dir --require-hashes -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY bot bot
COPY connectors connectors
RUN /opt/gemba/bin/pip install --no-cache-dir --no-deps .

# Runs with a read-only root: docker run --read-only --tmpfs /tmp -v gemba:/data -e JIRA_TOKEN -e GITHUB_TOKEN gemba
# /data holds config.toml and, with SQLite, the database.
FROM python:3.12-slim
COPY --from=build /opt/gemba /opt/gemba
RUN useradd --system --create-home --home-dir /data gemba
USER gemba
WORKDIR /data
VOLUME /data
ENV PATH=/opt/gemba/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
HEALTHCHECK --interval=5m --timeout=30s --start-period=1m CMD ["gemba", "check", "--local"]
CMD ["gemba", "run"]
