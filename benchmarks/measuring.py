"""What the benchmarks share: a command's time and memory, the machine, and a place for results."""

import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"


@dataclass(frozen=True)
class Finished:
    """A command that has ended well: its seconds, its peak memory, and what it printed."""

    seconds: float
    peak_mib: float
    stdout: str
    stderr: str


def run_command(arguments: list[str], folder: Path | None = None) -> Finished:
    """Run a command as a process of its own; peak memory is the operating system's figure."""
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as error:
        started = time.perf_counter()
        process = subprocess.Popen(arguments, stdout=out, stderr=error, cwd=folder)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
        out.seek(0)
        error.seek(0)
        stdout, stderr = out.read(), error.read()
    if status != 0:
        raise SystemExit(f"{' '.join(arguments)} ended with {status}:\n{stderr}")
    return Finished(seconds, usage.ru_maxrss / 1024, stdout, stderr)


def labelfix(*arguments: object, folder: Path | None = None) -> Finished:
    """Run labelfix of this Python's environment."""
    return run_command([sys.executable, "-m", "labelfix", *map(str, arguments)], folder)


def machine() -> dict[str, Any]:
    """What the figures were measured on."""
    info = Path("/proc/cpuinfo")
    text = info.read_text(encoding="utf-8") if info.exists() else ""
    name = re.search(r"model name\s*: (.*)", text)
    return {
        "processor": name.group(1) if name else platform.processor(),
        "cores": os.cpu_count(),
        "avx512_bf16": "avx512_bf16" in text,
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "python": platform.python_version(),
    }


def commit() -> str:
    """The commit that is checked out, in short; empty where git cannot tell."""
    if shutil.which("git") is None:
        return ""
    told = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parent,
    )
    return told.stdout.strip()


def save(name: str, figures: dict[str, Any]) -> None:
    """Write the figures with machine and commit, and print them."""
    print(write(RESULTS / f"{name}.json", figures), end="")


def write(path: Path, figures: dict[str, Any]) -> str:
    """Write the figures with machine and commit; the text that the file holds."""
    result = {"machine": machine(), "commit": commit(), **figures}
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(result, indent=2) + "\n"
    path.write_text(text, encoding="utf-8")
    return text
