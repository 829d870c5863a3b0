"""What admins copy works: every file, path, command, port and metric that `deploy/` and its pages name is there."""

import importlib.util
import json
import os
import re
import subprocess
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from types import ModuleType
from typing import Any

import pytest
import typer.main
import yaml

from bot.cli.application import application
from bot.config import Config, load_config
from bot.database import Database
from tests.commands import private

ROOT = Path(__file__).parents[1]
DEPLOY = ROOT / "deploy"
DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8")
UNIT = (DEPLOY / "gemba.service").read_text("utf-8")
USER = 10001
COMMANDS: Any = typer.main.get_command(application())

Json = dict[str, Any]


def compose() -> Json:
    found: Json = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))
    return found


def kubernetes(kind: str) -> Json:
    every = yaml.safe_load_all((DEPLOY / "kubernetes.yaml").read_text("utf-8"))
    return next(one for one in every if one["kind"] == kind)


def config() -> Config:
    return load_config(DEPLOY / "config.toml")


def secrets_named() -> set[str]:
    return set(re.findall(r'"/run/secrets/(\w+)"', (DEPLOY / "config.toml").read_text("utf-8")))


def tool(name: str) -> ModuleType:
    """A script of deploy/, which is no part of the package."""
    spec = importlib.util.spec_from_file_location(name, DEPLOY / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


# -- the image ---------------------------------------------------------------------------------------------------------


def test_the_image_is_made_of_what_is_let_through() -> None:
    """Nothing else of the checkout reaches the builder: everything is kept out, and what is copied is let in."""
    let_in = {line[1:] for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines() if line.startswith("!")}
    lines = [line.split()[1:-1] for line in DOCKERFILE.splitlines() if re.match(r"COPY (?!--from)", line)]
    copied = {path for line in lines for path in line}

    assert "*" in (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    assert copied == let_in
    assert all((ROOT / path).exists() for path in copied)


def test_the_image_runs_without_root_and_heeds_signals() -> None:
    """A user by number, so that Kubernetes can tell that it is not root; the command itself is the first process."""
    assert f"\nUSER {USER}:{USER}\n" in DOCKERFILE
    assert "\nSTOPSIGNAL SIGTERM\n" in DOCKERFILE
    assert '\nENTRYPOINT ["gemba"]\nCMD ["run"]' in DOCKERFILE
    assert re.search(r"ARG BASE=\S+:\d+\.\d+-\S+", DOCKERFILE)


def test_what_is_installed_is_locked_with_hashes() -> None:
    """Each pip that asks a registry wants hashes."""
    installs = re.findall(r"pip (?:--python \S+ )?install (.+?)(?: \\|\n)", DOCKERFILE)

    assert len(installs) == 3
    assert all("--require-hashes" in line or "dist/*.whl" in line for line in installs)


@pytest.mark.parametrize(("status", "exit_status"), [(200, 0), (503, 1), (None, 1)])
def test_the_health_check_asks_healthz_and_no_proxy(status: int | None, exit_status: int) -> None:
    """As the image runs it: 200 is well; another answer or none is not."""

    class Healthz(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status if status and self.path == "/healthz" else 404)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class names it so
            pass

    with HTTPServer(("127.0.0.1", 0), Healthz) as server:
        port = server.server_port
        if status is None:
            server.server_close()
        else:
            Thread(target=server.handle_request, daemon=True).start()
        environ = {"GEMBA_HEALTH": f"127.0.0.1:{port}", "HTTP_PROXY": "http://127.0.0.1:9", "http_proxy": "x"}
        done = subprocess.run(
            [sys.executable, "-IS", DEPLOY / "healthy.py"], env={**os.environ, **environ}, timeout=20, check=False
        )

    assert done.returncode == exit_status


def test_the_health_check_asks_where_the_example_listens() -> None:
    """Also with nothing in the environment."""
    health = config().health
    assert health is not None

    assert f"127.0.0.1:{health.port}" in (DEPLOY / "healthy.py").read_text("utf-8")
    assert "deploy/healthy.py /opt/gemba/healthy.py" in DOCKERFILE
    assert '"/opt/gemba/healthy.py"]' in DOCKERFILE


# -- Compose -----------------------------------------------------------------------------------------------------------


def test_every_service_of_compose_gives_nothing_away() -> None:
    """Not root, nothing to write but volumes and /tmp, no capability, no new privilege, an image by its tag."""
    for name, service in compose()["services"].items():
        assert service["read_only"], name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert service["user"] not in ("root", "0"), name
        assert re.search(r":\d[\w.-]*$", service["image"]), name
        assert "/tmp" in str(service["tmpfs"]), name
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", ())), name


def test_compose_runs_commands_that_there_are() -> None:
    """With the options that they have."""
    for service in (compose()["services"][name] for name in ("gemba", "pages")):
        command, *options = service["command"]
        known = {word for parameter in COMMANDS.commands[command].params for word in parameter.opts}
        assert {word for word in options if word.startswith("--")} <= known


def test_compose_mounts_what_the_configuration_names() -> None:
    """Each secret is made, and given to who asks for it; the configuration lies where the image looks for it."""
    found = compose()
    services = found["services"]
    store = config().store

    assert secrets_named() == set(found["secrets"])
    assert set(services["gemba"]["secrets"]) | set(services["pages"]["secrets"]) == secrets_named()
    assert "serve_token" not in services["gemba"]["secrets"]
    assert services["gemba"]["volumes"][0] == "./config.toml:/config/config.toml:ro"
    assert "GEMBA_CONFIG=/config/config.toml" in DOCKERFILE
    assert store.url.endswith(f"@database/{services['database']['environment']['POSTGRES_DB']}")


def test_who_stops_it_waits_longer_than_it_takes() -> None:
    """Compose, Kubernetes and systemd kill after 20 seconds; by then `gemba run` has given up."""
    from bot.app.running import PATIENCE_S

    waits = [
        int(compose()["services"]["gemba"]["stop_grace_period"].rstrip("s")),
        kubernetes("Deployment")["spec"]["template"]["spec"]["terminationGracePeriodSeconds"],
        int(re.findall(r"^TimeoutStopSec=(\d+)$", UNIT, re.M)[0]),
    ]
    assert waits == [20, 20, 20]
    assert PATIENCE_S < 20


# -- the example configuration -----------------------------------------------------------------------------------------


def test_the_example_opens_postgresql_with_the_password_of_a_file(tmp_path: Path) -> None:
    """As it is mounted, here in another folder."""
    text = (DEPLOY / "config.toml").read_text("utf-8").replace("/run/secrets/", f"{tmp_path}/")
    (tmp_path / "config.toml").write_text(text, "utf-8")
    private(tmp_path / "database_password", "p@ss/word\n")
    database = Database(load_config(tmp_path / "config.toml").store.url_with_password())

    assert (database.engine.url.host, database.engine.url.password) == ("database", "p@ss/word")
    assert "p@ss" not in str(database.engine.url)


# -- Kubernetes --------------------------------------------------------------------------------------------------------


def test_kubernetes_gives_nothing_away() -> None:
    """Not root, nothing to write but what is mounted, no capability, no token of the cluster."""
    pod = kubernetes("Deployment")["spec"]["template"]["spec"]
    [container] = pod["containers"]

    assert pod["securityContext"]["runAsUser"] == USER
    assert pod["securityContext"]["runAsNonRoot"]
    assert not pod["automountServiceAccountToken"]
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert {m["mountPath"] for m in container["volumeMounts"]} == {"/config", "/run/secrets", "/tmp", "/data"}
    assert {m["name"] for m in container["volumeMounts"]} == {volume["name"] for volume in pod["volumes"]}


def test_kubernetes_probes_what_is_answered() -> None:
    """At the port where the example listens, and at the addresses that the listener has."""
    from bot.serve.health import health

    [container] = kubernetes("Deployment")["spec"]["template"]["spec"]["containers"]
    listens = config().health
    assert listens is not None
    probes = [container[f"{name}Probe"]["httpGet"] for name in ("startup", "liveness", "readiness")]
    answered = {route.path for route in health(lambda: pytest.fail("nothing is asked")).routes}  # type: ignore[attr-defined]

    assert {probe["path"] for probe in probes} < answered
    assert [port["containerPort"] for port in container["ports"]] == [listens.port]
    assert container["args"][0] in COMMANDS.commands


def test_kubernetes_selects_its_own_pods() -> None:
    """The policy, the budget and the deployment mean the same."""
    labels = kubernetes("Deployment")["spec"]["template"]["metadata"]["labels"]

    assert kubernetes("Deployment")["spec"]["selector"]["matchLabels"] == labels
    assert kubernetes("NetworkPolicy")["spec"]["podSelector"]["matchLabels"] == labels
    assert kubernetes("PodDisruptionBudget")["spec"]["selector"]["matchLabels"] == labels


# -- systemd -----------------------------------------------------------------------------------------------------------


def test_the_unit_runs_a_command_without_rights() -> None:
    """By the installed program; a wrong configuration is not tried again and again."""
    program, command = re.findall(r"^ExecStart=(\S+) (\w+)$", UNIT, re.M)[0]

    assert program.endswith("/bin/gemba")
    assert command in COMMANDS.commands
    for line in ("User=gemba", "CapabilityBoundingSet=", "NoNewPrivileges=yes", "ProtectSystem=strict"):
        assert f"\n{line}\n" in UNIT
    assert "\nRestartPreventExitStatus=2\n" in UNIT
    assert re.findall(r"^LoadCredential=(\w+):/etc/gemba/secrets/\1$", UNIT, re.M)


# -- alerts and pages --------------------------------------------------------------------------------------------------


def test_alerts_ask_for_metrics_that_are_told() -> None:
    """Whatever an expression names is a metric in the code; each alert stands in the page with what to do."""
    rules = yaml.safe_load((DEPLOY / "alerts.yml").read_text("utf-8"))["groups"][0]["rules"]
    code = "".join((ROOT / "bot" / "serve" / name).read_text("utf-8") for name in ("health.py", "figures.py"))
    code = code.replace("gemba_source_requests_{name}", "gemba_source_requests_left gemba_source_requests_limit")
    page = (ROOT / "docs" / "operating.md").read_text("utf-8")

    for rule in rules:
        for metric in re.findall(r"gemba_\w+", rule["expr"]):
            assert metric in code, metric
        assert f"`{rule['alert']}`" in page
        assert rule["annotations"]["description"]


@pytest.mark.parametrize("name", ["docs/threat-model.md", "docs/operating.md", "SECURITY.md"])
def test_pages_name_files_that_there_are(name: str) -> None:
    """Those of the code and of deploy/."""
    named = re.findall(r"`((?:bot|connectors|deploy)/[\w/.-]+)`", (ROOT / name).read_text("utf-8"))
    linked = re.findall(r"\]\(\.\./(deploy/[\w.-]+)\)", (ROOT / name).read_text("utf-8"))

    assert [path for path in (*named, *linked) if not (ROOT / path).exists()] == []


def test_the_least_rights_are_those_of_the_manifest() -> None:
    """Slack's scopes stand in the threat model as in the manifest."""
    page = (ROOT / "docs" / "threat-model.md").read_text("utf-8")
    scopes = json.loads((ROOT / "manifest.json").read_text("utf-8"))["oauth_config"]["scopes"]["bot"]

    assert ", ".join(f"`{scope}`" for scope in scopes) in page


# -- the audit ---------------------------------------------------------------------------------------------------------


def test_a_known_weakness_is_a_finding() -> None:
    """With the version that mends it; what could not be asked about is told apart."""
    audit = tool("audit")
    weak = {"id": "GHSA-x", "fix_versions": ["1.8"], "aliases": [], "description": ""}
    report = {
        "dependencies": [
            {"name": "pluggy", "version": "1.7.0", "vulns": [weak]},
            {"name": "six", "version": "1.17.0", "vulns": []},
            {"name": "hidden", "skip_reason": "Dependency not found on PyPI"},
        ]
    }

    assert audit.weaknesses(report) == ["pluggy 1.7.0: GHSA-x, mended in 1.8"]
    assert audit.unasked(report) == ["hidden"]


@pytest.mark.parametrize(
    ("name", "licence", "is_new"),
    [
        ("six", "MIT License", False),
        ("numpy", "BSD-3-Clause AND 0BSD AND MIT AND Zlib AND CC0-1.0", False),
        ("python-dateutil", "Apache Software License; BSD License", False),
        ("PyGithub", "GNU Library or Lesser General Public License (LGPL)", False),
        ("pm4py", "AGPL-3.0", True),
        ("mixed", "MIT AND GPL-3.0-only", True),
        ("silent", "UNKNOWN", True),
    ],
)
def test_a_licence_that_nobody_agreed_to_is_a_finding(name: str, licence: str, is_new: bool) -> None:
    """Permissive ones are agreed to, others by the name of the library."""
    found = tool("audit").new_licences([{"Name": name, "Version": "1", "License": licence}])

    assert bool(found) is is_new


def test_what_is_audited_is_what_is_installed() -> None:
    """All lock files of the image and of its making."""
    audit = tool("audit")

    assert {"requirements.lock", "deploy/build.lock"} <= set(audit.LOCKS)
    assert set(re.findall(r"[\w/.-]+\.lock", DOCKERFILE)) <= {*audit.LOCKS, "build.lock"}
    assert {audit.canonical(name) for name in audit.AGREED} <= set(audit.locked(ROOT / "requirements.lock"))
