"""A round trip through a real Label Studio server, on loopback and with its own SQLite."""

import json
import os
import secrets
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import exchange_round_trips

WAITS_S = 300


def round_trip(folder: Path, venv: Path) -> dict[str, Any]:
    """Tasks in, five kinds of work through the API, both exports back.

    Args:
        folder: of the project.
        venv: in which `label-studio` is installed.
    """
    out = exchange_round_trips.export(folder, "label-studio")
    with server(folder, venv) as call:
        version = call("GET", "/api/version")["label-studio-os-package"]["version"]
        config = (out / "config.xml").read_text(encoding="utf-8")
        project = call("POST", "/api/projects", {"title": "labelfix", "label_config": config})["id"]
        tasks = json.loads((out / "tasks.json").read_text(encoding="utf-8"))
        taken = call("POST", f"/api/projects/{project}/import", tasks)
        untouched = exported(call, project, "JSON")
        (folder / "untouched.json").write_text(json.dumps(untouched), encoding="utf-8")
        before = exchange_round_trips.imported(folder, "label-studio", folder / "untouched.json")
        chosen = work(call, untouched)
        full, short = exported(call, project, "JSON"), exported(call, project, "JSON_MIN")
    backs = {}
    for name, value in (("full", full), ("min", short)):
        path = folder / f"label-studio-{name}.json"
        path.write_text(json.dumps(value), encoding="utf-8")
        backs[name] = exchange_round_trips.imported(folder, "label-studio", path)
        backs[f"{name} twice"] = exchange_round_trips.imported(folder, "label-studio", path)
    return {
        "version": version,
        "taken": {
            key: taken[key] for key in ("task_count", "annotation_count", "prediction_count")
        },
        "back_untouched": before,
        "changed": len(chosen),
        "arrived": exchange_round_trips.arrived(folder, chosen, "label-studio"),
        **backs,
    }


def exported(call: Any, project: int, kind: str) -> Any:
    """What Label Studio exports of all tasks."""
    return call("GET", f"/api/projects/{project}/export?exportType={kind}&download_all_tasks=true")


def work(call: Any, tasks: list[dict[str, Any]]) -> dict[str, str]:
    """What annotators do: change, confirm, add, skip and delete, each on a task of its own.

    Returns:
        The labels that they have given, by our own id.
    """
    (first, second, third, fourth, fifth) = tasks[:5]
    other = {task["data"]["given_label"] for task in tasks}

    def result(task: dict[str, Any]) -> list[dict[str, Any]]:
        label = min(other - {task["data"]["given_label"]})
        choice = {"from_name": "label", "to_name": "image", "type": "choices"}
        return [{**choice, "value": {"choices": [label]}}]

    changed = {"result": result(first), "lead_time": 3.5}
    call("PATCH", f"/api/annotations/{first['annotations'][0]['id']}", changed)
    same = {"result": second["annotations"][0]["result"], "lead_time": 2.0}
    call("PATCH", f"/api/annotations/{second['annotations'][0]['id']}", same)
    call("DELETE", f"/api/annotations/{third['annotations'][0]['id']}")
    added = {"result": result(third), "lead_time": 1.5}
    call("POST", f"/api/tasks/{third['id']}/annotations", added)
    call("DELETE", f"/api/annotations/{fourth['annotations'][0]['id']}")
    call("POST", f"/api/tasks/{fourth['id']}/annotations", {"result": [], "was_cancelled": True})
    call("DELETE", f"/api/annotations/{fifth['annotations'][0]['id']}")
    done = ((first, changed), (second, same), (third, added))
    return {
        task["data"]["labelfix_id"]: body["result"][0]["value"]["choices"][0] for task, body in done
    }


@contextmanager
def server(folder: Path, venv: Path) -> Iterator[Any]:
    """A running server, as a function of method, path and body; it ends with the block."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    token = secrets.token_hex(20)
    environment = {
        **os.environ,
        "LABEL_STUDIO_BASE_DATA_DIR": str(folder / "label-studio"),
        "LABEL_STUDIO_ENABLE_LEGACY_API_TOKEN": "true",
        "COLLECT_ANALYTICS": "false",
        "LATEST_VERSION_CHECK": "false",
    }
    user = ("--username", "a@example.org", "--password", secrets.token_hex(8))
    command = [str(venv / "bin" / "label-studio"), "start", "--no-browser", "--internal-host"]
    command += ["127.0.0.1", "--port", str(port), *user, "--user-token", token]
    with (folder / "label-studio.log").open("w") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        try:
            until_up(port, process)
            yield lambda *what: call(port, token, *what)
        finally:
            process.terminate()
            process.wait(60)


def until_up(port: int, process: subprocess.Popen[bytes]) -> None:
    """Wait for the server to answer."""
    for _ in range(WAITS_S):
        if process.poll() is not None:
            raise SystemExit("Label Studio has ended; see label-studio.log")
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(1)
    raise SystemExit("Label Studio does not answer")


def call(port: int, token: str, method: str, path: str, body: Any = None) -> Any:
    """A call of its API; the JSON that comes back."""
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}{path}",
        data=None if body is None else json.dumps(body).encode(),
        method=method,
        headers={"Authorization": f"Token {token}", "Content-Type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request, timeout=120) as answer:
            text = answer.read()
    except urllib.error.HTTPError as error:
        raise SystemExit(f"{method} {path}: {error.code} {error.read()[:2000]!r}") from error
    return json.loads(text) if text else None
