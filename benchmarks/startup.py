"""How fast does `labelfix --help` answer, and what does it load?

python benchmarks/startup.py
"""

import statistics
import subprocess
import sys

from measuring import labelfix, save

HEAVY = ("torch", "faiss", "open_clip", "pandas", "pyarrow", "numpy", "timm", "skimage")
RUNS = 20


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
        },
    )


if __name__ == "__main__":
    main()
