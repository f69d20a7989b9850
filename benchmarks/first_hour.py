"""What does a new user meet in the first hour, with a data set that is not tidy?

    python benchmarks/first_hour.py [--only NAME ...] [--per-class 85]

Makes fifty messy data sets from scikit-image's and scikit-learn's pictures (`messy_sets.py`), and
runs `labelfix run` and `labelfix check` on each with `hog`. Where `run` refuses, the option that
the error names is added and the command run again: a refusal that names no way out, or one that
does not work, is counted, and so is a data set with fewer right labels after than before. A label
counts as right when it means the true class, however it is spelt. Goes on where it was stopped.
"""

import argparse
import csv
import re
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from kept_lines import KeptLines
from measuring import commit, save
from messy_sets import RECIPES, MessySet, Recipe, make_set
from tiles import Tiles, cut_tiles


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="*", choices=sorted(RECIPES), default=sorted(RECIPES))
    parser.add_argument("--per-class", type=int, default=85)
    parser.add_argument("--kept", type=Path, default=Path("first_hour.jsonl"))
    arguments = parser.parse_args()
    tiles, kept = cut_tiles(arguments.per_class), KeptLines(arguments.kept)
    figures = {}
    for name, recipe in RECIPES.items():
        if name not in arguments.only:
            continue
        made_from = [commit(), arguments.per_class, name, asdict(recipe)]
        found = kept.find(made_from)
        if found is None:
            found = tried(name, tiles)
            kept.keep(made_from, found)
        print_set(name, found)
        figures[name] = found
    faults = {name: faults_of(found) for name, found in figures.items() if faults_of(found)}
    for name, told in faults.items():
        print(f"FAULT  {name}: {'; '.join(told)}")
    print(f"{len(figures)} data sets, {len(faults)} with a fault")
    if len(figures) == len(RECIPES):
        save("first_hour", {"tiles": len(tiles), "sets": figures, "faults": faults})
    sys.exit(1 if faults else 0)


def tried(name: str, tiles: Tiles) -> dict[str, Any]:
    """Make a set, run both commands on it, and read what they leave."""
    recipe = RECIPES[name]
    with tempfile.TemporaryDirectory() as text:
        folder = Path(text)
        if recipe.workspace_of is not None:
            mirrored = replace(tiles, pixels=tiles.pixels[:, :, ::-1])  # other images
            before = make_set(RECIPES[recipe.workspace_of], mirrored, folder / "before")
            run(before, folder, [])
        messy = make_set(recipe, tiles, folder / "set")
        found = run(messy, folder, [])
        if found["exit_code"] != 0:
            found["way_out"] = way_out(found["said"], recipe)
            if found["way_out"]:
                again = run(messy, folder, found["way_out"])
                found["again"] = again
        options = found.get("way_out", []) if found.get("again", {}).get("exit_code") == 0 else []
        shutil.rmtree(folder / ".labelfix", ignore_errors=True)
        found["check"] = check(messy, folder, options)
        return found


def run(messy: MessySet, folder: Path, options: list[str]) -> dict[str, Any]:
    """`labelfix run` in a folder; how it ended, what it said, and the labels right after."""
    out = folder / "fixed.csv"
    out.unlink(missing_ok=True)
    started = time.perf_counter()
    ended = labelfix(folder, "run", *inputs(messy), "--encoder", "hog", "--out", out, *options)
    right = [label == true for label, true in zip(messy.given, messy.true.values(), strict=True)]
    found = {
        "exit_code": ended.returncode,
        "seconds": round(time.perf_counter() - started, 1),
        "said": told(ended.stderr),
        "rows": len(right),
        "right_before": round(sum(right) / len(right), 4),
    }
    if ended.returncode == 0:
        found["right_after"] = right_after(messy, out)
    return found


def check(messy: MessySet, folder: Path, options: list[str]) -> dict[str, Any]:
    ended = labelfix(folder, "check", *inputs(messy), "--encoder", "hog", *options)
    lines = [line for line in ended.stdout.splitlines() if line.strip()]
    return {
        "exit_code": ended.returncode,
        "said": lines[-1].strip() if lines else " ".join(told(ended.stderr)),
    }


def inputs(messy: MessySet) -> list[Path]:
    return [messy.images, *([] if messy.manifest is None else [messy.manifest])]


def labelfix(folder: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "labelfix", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
    )


COURSE = re.compile(
    r"(embed|index|train|relabel)\s+(done|up to date)|[a-z ]+: [\d,]+ of |Training \d"
)
"""Lines of the course of a run."""


def told(stderr: str) -> list[str]:
    """The lines that a person reads: an error with all that follows it, warnings and notes."""
    lines = [line.strip() for line in stderr.splitlines()]
    for place, line in enumerate(lines):
        if line.startswith("error:"):
            return lines[place:]
    return [line for line in lines if line and not COURSE.match(line)]


def way_out(said: list[str], recipe: Recipe) -> list[str]:
    """The first option, with its value, that an error names as the way out; empty for none."""
    hint = " ".join(said[1:])
    if recipe.table == "no-header" and "--columns image,label" in hint:
        return ["--columns", "image,label"]  # the second that it names: a person sees the file
    if hint.startswith("Name them with --image-column and --label-column"):
        return ["--image-column", "photo", "--label-column", "what"]  # as `unknown-columns` has
    named = re.search(r"(--[a-z][a-z-]+)(?:[ =](?:'([^']+)'|([^\s`',;]+)))?", hint)
    if named is None:
        return []
    option, value = named[1], named[2] or named[3]
    if option == "--workspace":
        return [option, "another-workspace"]
    if value is None or value in {"to", "and", "or", "with", "if", "for"}:
        return [option.rstrip(".")]
    return [option, value.rstrip(".:")]


def right_after(messy: MessySet, out: Path) -> float:
    """The share of rows whose corrected label means the true class."""
    with out.open(encoding="utf-8", newline="") as file:
        delimiter = ";" if ";" in file.readline() else ","  # as in the table that was given
        file.seek(0)
        rows = list(csv.DictReader(file, delimiter=delimiter))
    usual = [name for name in ("label", "category_name") if name in rows[0]]
    label = usual[0] if usual else list(rows[0])[1]
    if messy.manifest is None:
        true = [messy.true[row["image"]] for row in rows]
    else:
        true = list(messy.true.values())
    meant = [messy.meaning.get(row[label], row[label].strip()) for row in rows]
    return round(sum(a == b for a, b in zip(meant, true, strict=True)) / len(true), 4)


def faults_of(found: dict[str, Any]) -> list[str]:
    """What should not have happened to a data set."""
    last = found.get("again", found)
    faults = []
    if found["exit_code"] not in (0, 2):
        faults.append(f"ended with {found['exit_code']}")
    if last.get("right_after", 1.0) < last["right_before"]:
        faults.append(f"{last['right_before']:.1%} right before, {last['right_after']:.1%} after")
    if found["exit_code"] != 0 and not found["said"]:
        faults.append("refused without a word")
    if "again" in found and found["again"]["exit_code"] != 0:
        faults.append(f"the way out fails: {' '.join(found['way_out'])}")
    return faults


def print_set(name: str, found: dict[str, Any]) -> None:
    last = found.get("again", found)
    after = last.get("right_after")
    print(
        f"{name:30} run {found['exit_code']}  "
        f"{last['right_before']:6.1%} -> {'' if after is None else format(after, '6.1%'):6}  "
        f"check {found['check']['exit_code']}"
    )
    for line in found["said"][:4]:
        print(f"    {line[:150]}")
    if "again" in found:
        print(f"    with {' '.join(found['way_out'])}: run {found['again']['exit_code']}")
    print(f"    check: {found['check']['said'][:150]}", flush=True)


if __name__ == "__main__":
    main()
