r"""How far do corrected labels stand from the given, the peers' and the best possible ones?

    python benchmarks/noise_grid.py [--data FOLDER] [--audits 0,20,100] [--seeds 2]
        [--subset quick] [--only PATTERN] [--part 1/2] [--before FILE.json] [--out FOLDER]

Every kind of label noise with classes, rows, encoders and imbalance of many sizes, on made points
whose Bayes bound is known, and with --data on real rows: FOLDER holds `mobilenetv2_train.npy`,
`lite0_train.npy` and `train_labels.csv`. cleanlab and logistic regression run on the same rows. The
truth is read for the figures, and for as many rows as --audits says: those that labelfix asks for.
A seed draws points and labels; all real rows are run with one alone.

Each run is a line in OUT, made only if it is not there: a call that was stopped goes on. The whole
grid is saved in `results/`, a part of it in OUT. Set OMP_NUM_THREADS=1: small matrices gain nothing
from threads, and two parts at once lose ten times. The extra `bench` has what is needed.
"""

import argparse
import importlib.util
import json
import sys
import traceback
from dataclasses import asdict
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import torch
from grid_cells import Cell, Run, cells_of
from grid_runs import labelfix_made_from, measure_labelfix, measure_peers, peers_made_from
from grid_table import cells_as_markdown, draw, targets_as_markdown
from grid_targets import held, held_against
from kept_lines import KeptLines
from measuring import RESULTS, write
from noise_settings import QUICK, Setting, all_settings

NAME = "noise_grid"
EXTRA = ("cleanlab", "matplotlib", "sklearn")
SEEDS, QUICK_SEEDS = 2, 1


def main() -> None:
    options = parse()
    settings = chosen(options)
    wanted = [
        (setting, seed)
        for setting in settings
        for seed in range(min(options.seeds, setting.most_seeds or options.seeds))
    ]
    peers, ours = KeptLines(options.out / "peers.jsonl"), KeptLines(options.out / "labelfix.jsonl")
    failed: dict[str, str] = {}
    part, parts = options.part
    for setting, seed in wanted[part - 1 :: parts]:
        try:
            measure(setting, seed, options, peers, ours)
        except Exception as error:  # the next setting has its turn
            traceback.print_exc()
            failed[f"{setting.name}, seed {seed}"] = f"{type(error).__name__}: {error}"
    runs = [found for one in wanted if (found := kept(*one, options.audits, peers, ours))]
    of_all = options.data is not None and not (options.only or options.subset)
    is_whole = of_all and len(runs) == len(wanted)
    report(runs, failed, RESULTS if is_whole else options.out, options)
    if failed:
        raise SystemExit(1)


def chosen(options: argparse.Namespace) -> list[Setting]:
    """The settings that the options name."""
    settings = all_settings(with_real=options.data is not None)
    if options.subset:
        settings = [setting for setting in settings if setting.name in QUICK]
    if options.only:
        settings = [setting for setting in settings if fnmatchcase(setting.name, options.only)]
    settings = [setting for setting in settings if not is_left_out(setting, options)]
    if not settings:
        raise SystemExit(f"expected settings that match {options.only!r}, found none")
    return settings


def is_left_out(setting: Setting, options: argparse.Namespace) -> bool:
    """Whether one of the patterns to leave out is that of a setting."""
    return any(fnmatchcase(setting.name, pattern) for pattern in options.leave_out)


def measure(
    setting: Setting, seed: int, options: argparse.Namespace, peers: KeptLines, ours: KeptLines
) -> None:
    """Run what is not kept yet."""
    told = f"{setting.name}, seed {seed}"
    made_from = peers_made_from(setting, seed)
    if peers.find(made_from) is None:
        print(f"{told}: peers", file=sys.stderr)
        peers.keep(made_from, {"run": told, **measure_peers(setting, seed, options.data)})
    made_from = labelfix_made_from(setting, seed, options.audits)
    if ours.find(made_from) is None:
        print(f"{told}: labelfix", file=sys.stderr)
        found = measure_labelfix(setting, seed, options.audits, options.data)
        ours.keep(made_from, {"run": told, "audits": found})


def kept(
    setting: Setting, seed: int, audits: list[int], peers: KeptLines, ours: KeptLines
) -> Run | None:
    """What is kept of a run; None where either half is missing."""
    of_peers = peers.find(peers_made_from(setting, seed))
    of_labelfix = ours.find(labelfix_made_from(setting, seed, audits))
    if of_peers is None or of_labelfix is None:
        return None
    return Run(setting, seed, of_peers, of_labelfix["audits"])


def report(
    runs: list[Run], failed: dict[str, str], folder: Path, options: argparse.Namespace
) -> None:
    """Save summary and picture in a folder, and print the tables."""
    cells = cells_of(runs)
    targets = held(cells)
    if options.before is not None:
        earlier = json.loads(options.before.read_text(encoding="utf-8"))["cells"]
        targets += held_against([Cell(**cell) for cell in earlier], cells)
    summary: dict[str, Any] = {
        "threads": torch.get_num_threads(),
        "targets": targets,
        "left_out": [
            setting.name
            for setting in all_settings(with_real=options.data is not None)
            if is_left_out(setting, options)
        ],
        "failed": failed,
        "cells": [rounded(asdict(cell)) for cell in cells],
    }
    write(folder / f"{NAME}.json", summary)
    if cells:
        draw(folder / f"{NAME}.png", cells)
    print(cells_as_markdown(cells), targets_as_markdown(targets), sep="\n\n")
    for run, reason in failed.items():
        print(f"{run} failed: {reason}")


def rounded(values: dict[str, Any]) -> dict[str, Any]:
    """Floats with 7 significant digits."""
    return {
        name: float(f"{value:.7g}") if isinstance(value, float) else value
        for name, value in values.items()
    }


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path)
    parser.add_argument("--audits", type=numbers, default=[0, 20, 100])
    parser.add_argument("--seeds", type=int)
    parser.add_argument("--subset", choices=("quick",))
    parser.add_argument("--only", help="a name of a setting, * stands for anything")
    parser.add_argument(
        "--leave-out",
        action="append",
        default=[],
        metavar="PATTERN",
        help="settings to leave out, as --only has it; told in the summary; may be repeated",
    )
    parser.add_argument("--part", type=part, default=(1, 1), help="for example 1/2: every second")
    parser.add_argument("--before", type=Path, help="the summary of an earlier run")
    parser.add_argument("--out", type=Path, default=Path(NAME))
    options = parser.parse_args(arguments)
    if options.seeds is None:
        options.seeds = QUICK_SEEDS if options.subset else SEEDS
    missing = [name for name in EXTRA if importlib.util.find_spec(name) is None]
    if missing:
        parser.error(f"expected {', '.join(missing)}; run: pip install 'labelfix[bench]'")
    return options


def numbers(text: str) -> list[int]:
    """`0,20,100` as a sorted list."""
    return sorted({int(number) for number in text.split(",")})


def part(text: str) -> tuple[int, int]:
    """`1/2` as its two numbers."""
    number, of = map(int, text.split("/"))
    if not 1 <= number <= of:
        raise ValueError(f"expected a part from 1/{of} to {of}/{of}, found {text}")
    return number, of


if __name__ == "__main__":
    main()
