"""The servers of the features benchmark: ours, and the peers beside it, each with two workers."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import quote

from psycopg.conninfo import conninfo_to_dict

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
WORKERS = 2
WHOLE = "api.server:create"


@contextmanager
def server(
    command: list[str], environment: Mapping[str, str], port: int, probe: str, log: Path
) -> Iterator[str]:
    """A server in its own process group, asked until it answers, ended with its group."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, env=environment, stdout=output, stderr=output, start_new_session=True
        )
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(600):
            if process.poll() is not None:
                raise RuntimeError(log.read_text()[-2000:])
            with suppress(OSError), urllib.request.urlopen(url + probe, timeout=20) as answer:
                if answer.status == 200:
                    break
            time.sleep(0.1)
        else:
            raise RuntimeError(f"no answer from {url}{probe}: {log.read_text()[-2000:]}")
        yield url
    finally:
        os.killpg(process.pid, 15)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, 9)
            process.wait()


@contextmanager
def ours(dsn: str, folder: Path, application: str = WHOLE, access: str = "open") -> Iterator[str]:
    """The platform as it is installed, or a part of its application."""
    port = _free_port()
    code = (
        "from api.server import serve; from spatial.settings import Settings;"
        f" serve(Settings.read(), {application!r})"
    )
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join((str(ROOT), str(HERE))),
        "ONEMAP_DATABASE_URL": dsn,
        "ONEMAP_PORT": str(port),
        "ONEMAP_WORKERS": str(WORKERS),
        "ONEMAP_ACCESS": access,
        "ONEMAP_DATA": str(folder / "data"),
    }
    with server([sys.executable, "-c", code], environment, port, "/health/ready", folder / "ours.log") as url:
        yield url


@contextmanager
def files(folder: Path) -> Iterator[str]:
    """The files of a folder by granian alone: what this server of HTTP can do at best."""
    port = _free_port()
    command = [sys.executable, "-m", "granian", "--interface", "asgi", "--workers", str(WORKERS)]
    command += ["--port", str(port), "--no-log", "--static-path-route", "/collections"]
    command += ["--static-path-mount", str(folder / "collections"), "bare:nothing"]
    environment = {**os.environ, "PYTHONPATH": str(HERE)}
    with server(command, environment, port, "/", folder.with_suffix(".log")) as url:
        yield url


@contextmanager
def tipg(dsn: str, venv: Path, folder: Path) -> Iterator[str]:
    """tipg over the plain tables."""
    port = _free_port()
    environment = {
        **os.environ,
        "DATABASE_URL": _url(dsn),
        "TIPG_DB_SCHEMAS": '["public"]',
        "TIPG_CATALOG_TTL": "3600",
    }
    command = [str(venv / "bin/uvicorn"), "tipg.main:app", "--port", str(port), "--workers", str(WORKERS)]
    with server(
        [*command, "--log-level", "error"], environment, port, "/healthz", folder / "tipg.log"
    ) as url:
        yield url


@contextmanager
def pygeoapi(dsn: str, venv: Path, folder: Path) -> Iterator[str]:
    """Stock pygeoapi over the plain tables."""
    port = _free_port()
    parts = conninfo_to_dict(dsn)
    data = {key: parts.get(key, "") for key in ("host", "port", "dbname", "user", "password")}
    data = {key: value for key, value in data.items() if value} | {"search_path": ["public"]}
    resources = {
        name: {
            "type": "collection",
            "title": name,
            "description": name,
            "keywords": [name],
            "extents": {"spatial": {"bbox": [118, 36, 120, 38]}},
            "providers": [
                {
                    "type": "feature",
                    "name": "PostgreSQL",
                    "data": data,
                    "id_field": "gid",
                    "table": name,
                    "geom_field": "geom",
                }
            ],
        }
        for name in ("points", "parcels")
    }
    text = {"title": "t", "description": "d", "keywords": ["k"], "url": "http://localhost"}
    configuration = {
        "server": {
            "bind": {"host": "127.0.0.1", "port": port},
            "url": f"http://127.0.0.1:{port}",
            "mimetype": "application/json",
            "encoding": "utf-8",
            "languages": ["en-US"],
            "limits": {"default_items": 10, "max_items": 10000},
            "map": {"url": "", "attribution": ""},
        },
        "logging": {"level": "ERROR"},
        "metadata": {
            "identification": {**text, "keywords_type": "theme", "terms_of_service": "t"},
            "license": {"name": "l", "url": "http://localhost"},
            "provider": {"name": "p", "url": "http://localhost"},
            "contact": {"name": "c", "url": "http://localhost", "email": "c@localhost"},
        },
        "resources": resources,
    }
    config, definition = folder / "pygeoapi.yml", folder / "pygeoapi-openapi.yml"
    config.write_text(json.dumps(configuration))  # JSON is YAML
    environment = {**os.environ, "PYGEOAPI_CONFIG": str(config), "PYGEOAPI_OPENAPI": str(definition)}
    made = subprocess.run(
        [str(venv / "bin/pygeoapi"), "openapi", "generate", str(config), "--output-file", str(definition)],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if made.returncode:
        raise RuntimeError(made.stdout + made.stderr)
    command = [str(venv / "bin/uvicorn"), "pygeoapi.starlette_app:APP", "--port", str(port)]
    command += ["--workers", str(WORKERS), "--log-level", "error"]
    with server(command, environment, port, "/conformance", folder / "pygeoapi.log") as url:
        yield url


def peers(venv: Path) -> Path:
    """The peers' environment, made once from the hash-pinned lock."""
    lock = HERE / "peers.lock"
    mark = venv / "peers.lock"
    if not mark.exists() or mark.read_text() != lock.read_text():
        subprocess.run([sys.executable, "-m", "venv", str(venv)], check=True)
        pip = [str(venv / "bin/pip"), "install", "--quiet", "--require-hashes", "-r", str(lock)]
        subprocess.run(pip, check=True)
        mark.write_text(lock.read_text())
    return venv


def _url(dsn: str) -> str:
    """A conninfo as a URL, which tipg asks for; a socket's folder stands percent-encoded for the host."""
    parts = conninfo_to_dict(dsn)
    host = quote(str(parts.get("host", "localhost")), safe="")
    login = f"{parts.get('user', '')}" + (f":{parts['password']}" if parts.get("password") else "")
    return f"postgresql://{login}@{host}:{parts.get('port', 5432)}/{parts['dbname']}"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


# The run.
