"""How fast does labelfix answer, and where do the seconds go?

python benchmarks/startup.py

Three answers: `labelfix --help`; the first word of `run` and of `check` on a terminal; and a `run`
in which every step is up to date, with the seconds of the slowest imports.
"""

import os
import pty
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from measuring import labelfix, save

HEAVY = ("torch", "faiss", "open_clip", "pandas", "pyarrow", "numpy", "timm", "skimage", "scipy")
RUNS = 20
RUNS_OF_STEPS = 5
IMPORTS_SHOWN = 5
SAMPLE = Path(__file__).parent.parent / "sample_data"
INPUTS = (str(SAMPLE / "images"), str(SAMPLE / "manifest.csv"), "--encoder", "hog")
RUN = ("run", *INPUTS, "--out", "fixed.csv")


def main() -> None:
    labelfix("--help")  # the first one compiles the bytecode
    times_ms = [labelfix("--help").seconds * 1000 for _ in range(RUNS)]
    script = (
        "import sys\nfrom labelfix.cli.app import main\ntry:\n    main(['--help'])\n"
        f"except SystemExit:\n    print([m for m in {HEAVY} if m in sys.modules], file=sys.stderr)"
    )
    loaded = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    save(
        "startup",
        {
            "runs": RUNS,
            "median_ms": round(statistics.median(times_ms)),
            "least_ms": round(min(times_ms)),
            "most_ms": round(max(times_ms)),
            "heavy_modules_loaded": loaded.stderr.strip(),
            **of_steps(),
        },
    )


def of_steps() -> dict[str, Any]:
    """The seconds of commands that work, in a folder where every step is up to date."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        labelfix(*RUN, folder=folder)
        again = [labelfix(*RUN, folder=folder).seconds for _ in range(RUNS_OF_STEPS)]
        words = {
            command[0]: [seconds_to_first_word(command, folder) for _ in range(RUNS_OF_STEPS)]
            for command in (RUN, ("check", *INPUTS))
        }
        slowest = slowest_imports(folder)
    return {
        "up_to_date_run_s": round(statistics.median(again), 2),
        "first_word_s": {name: round(statistics.median(each), 2) for name, each in words.items()},
        "slowest_imports_s": slowest,
    }


def seconds_to_first_word(command: tuple[str, ...], folder: Path) -> float:
    """Seconds until a command writes anything to its terminal."""
    ours, theirs = pty.openpty()
    started = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "labelfix", *command],
        cwd=folder,
        stdout=theirs,
        stderr=theirs,
        env={**os.environ, "TERM": "xterm-256color"},
    )
    os.close(theirs)
    os.read(ours, 1)
    seconds = time.perf_counter() - started
    try:
        while os.read(ours, 65536):
            pass
    except OSError:  # how Linux says that the other side is closed
        pass
    os.close(ours)
    process.wait()
    return seconds


def slowest_imports(folder: Path) -> dict[str, float]:
    """The packages that an up-to-date run waits longest for, with what they import, in seconds."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "labelfix", *RUN],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    found = re.findall(r"^import time:\s+\d+ \|\s+(\d+) \| +(\w+)$", done.stderr, re.MULTILINE)
    seconds = {name: round(int(micros) / 1e6, 3) for micros, name in found}
    return dict(sorted(seconds.items(), key=lambda item: -item[1])[:IMPORTS_SHOWN])


if __name__ == "__main__":
    main()
