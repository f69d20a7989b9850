"""How long do patches of a million rows take, and do they come back byte for byte?

    python benchmarks/patches.py [--rows 1000000] [--manifests 1000] [--seed 0]

First a manifest of that many rows of which every label changes: `patch make`, `patch apply` and
`patch revert` are timed as commands of their own. Then random manifests with every quoting,
encoding, line end, byte order mark, delimiter, duplicates and annotator rows: each is patched and
taken back twice, by its undo file and by the patch alone, and compared byte by byte; and what was
applied is compared with the wanted labels as Python's csv module reads them.
"""

import argparse
import codecs
import csv
import io
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from measuring import save

from labelfix.options.manifest_options import ManifestOptions
from labelfix.options.patch_options import (
    MergeOptions,
    PatchOptions,
    SplitOptions,
    TargetOptions,
)
from labelfix.patches.merge_request import MergeRequest, apply_patch, revert_patch
from labelfix.patches.patch_request import PatchRequest, make_from
from labelfix.runtime.progress import Silent

LIMIT_S = 30.0
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32", "cp1252", "latin-1", "cp932")
PLAIN = ("cat", "dog", "7", "007", "NA", "True", "a b", " padded ", "", "it's", 'in "quotes"', '"')
WIDE = ("Straße", "café", "ÄÖ")
ANY = ("猫", "naïve 🐈", "e\u0301", "\u2028line", "\u200b")
SPECIAL = ("a,b", "a;b", "a\tb", "a|b", "two\nlines", "two\r\nlines", "lone\rreturn")


@dataclass(frozen=True, kw_only=True)
class Made:
    """A random manifest: its file, how it is read, its rows, and the labels that are wanted."""

    path: Path
    options: ManifestOptions
    rows: list[list[str]]
    wanted: list[str]
    about: dict[str, object]


def labels_for(encoding: str) -> list[str]:
    """The labels that an encoding has, and reads back."""
    found = []
    for label in (*PLAIN, *WIDE, *ANY, *SPECIAL):
        try:
            if label.encode(encoding).decode(encoding) == label:
                found.append(label)
        except UnicodeError:
            continue
    return found


def cell(text: str, delimiter: str, random: np.random.Generator, share: float) -> str:
    """A field with quotation marks where it needs them, or by chance."""
    needs = any(one in text for one in (delimiter, "\r", "\n")) or text.startswith('"')
    if needs or random.random() < share:
        return '"' + text.replace('"', '""') + '"'
    return text


def random_manifest(folder: Path, random: np.random.Generator) -> Made:
    """A manifest of up to 40 rows as somebody could have written it."""
    encoding = str(random.choice(ENCODINGS))
    delimiter = str(random.choice([",", ";", "\t", "|"]))
    end = str(random.choice(["\n", "\r\n", "\r"]))
    share = float(random.choice([0.0, 0.3, 1.0]))
    mixed = random.random() < 0.15
    labels = labels_for(encoding)
    header = ["image", "label", *random.permutation(["annotator", "note", "split"]).tolist()]
    header = header[: 2 + int(random.integers(0, 4))]
    order = random.permutation(len(header))
    count = int(random.integers(1, 41))
    names = [f"{int(one):03d} ä.png" for one in random.integers(0, count + 3, count)]
    names = [name if "ä".encode() and _has(encoding, name) else name[:3] for name in names]
    values = {
        "image": names,
        "label": random.choice(labels, count).tolist(),
        "annotator": random.choice(["ann", "bob", ""], count).tolist(),
        "note": random.choice(labels, count).tolist(),
        "split": random.choice(["train", "val"], count).tolist(),
    }
    rows = [[values[name][row] for name in header] for row in range(count)]
    lines = []
    for fields in [header, *rows]:
        written = [cell(fields[place], delimiter, random, share) for place in order]
        stop = str(random.choice(["\n", "\r\n"])) if mixed else end
        blank = stop if lines and random.random() < 0.05 else ""
        lines.append(blank + delimiter.join(written) + stop)
    text = "".join(lines)
    if random.random() < 0.3:
        text = text.rstrip("\r\n") if text.endswith(("\r", "\n")) and not mixed else text
    raw = text.encode(encoding)
    is_marked = encoding == "utf-8" and random.random() < 0.3
    path = folder / ("m.tsv" if delimiter == "\t" else "m.csv")
    path.write_bytes((codecs.BOM_UTF8 if is_marked else b"") + raw)
    wanted = [
        str(random.choice(labels)) if random.random() < 0.6 else values["label"][row]
        for row in range(count)
    ]
    options = ManifestOptions(
        delimiter="," if delimiter == "\t" else delimiter,
        encoding=encoding,
        image_column="image",
        label_column="label",
    )
    about = {"encoding": encoding, "delimiter": delimiter, "end": end, "quoted": share}
    return Made(path=path, options=options, rows=rows, wanted=wanted, about=about)


def _has(encoding: str, text: str) -> bool:
    try:
        text.encode(encoding)
    except UnicodeError:
        return False
    return True


def edited(made: Made, folder: Path) -> Path:
    """The same rows with the wanted labels, as another program would write them: UTF-8."""
    path = folder / "edited.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=made.options.delimiter, lineterminator="\r\n")
        has_annotators = any(len(row) > 2 for row in made.rows)
        assert made.rows or has_annotators
        writer.writerow(["image", "label"])
        for row, label in zip(made.rows, made.wanted, strict=True):
            writer.writerow([row[0], label])
    return path


def labels_in(path: Path, options: ManifestOptions) -> list[str]:
    """The column of labels as the csv module reads it."""
    text = path.read_bytes().decode(options.encoding).removeprefix("\ufeff")
    delimiter = "\t" if path.suffix == ".tsv" else options.delimiter
    rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    place = rows[0].index("label")
    return [row[place] for row in rows[1:] if row]


def one_manifest(folder: Path, random: np.random.Generator) -> tuple[str, int]:
    """What went wrong with a random manifest (empty if nothing did), and how many cells changed."""
    made = random_manifest(folder, random)
    before = made.path.read_bytes()
    out = made.path.with_stem("new")
    patch = folder / "fixes.patch.jsonl"
    request = PatchRequest(
        manifest=made.path,
        out=patch,
        sources=(edited(made, folder),),
        review=None,
        images=None,
        workspace=folder / "none",
        columns=made.options,
        split_column=None,
    )
    make_from(request, PatchOptions(), SplitOptions(), Silent())

    def named(manifest: Path, target: Path) -> MergeRequest:
        return MergeRequest(
            manifest=manifest,
            out=target,
            options=MergeOptions(),
            target=TargetOptions(),
            images=None,
            workspace=None,
            columns=made.options,
            split_column=None,
        )

    applied = apply_patch(named(made.path, out), patch, SplitOptions(), Silent())
    if labels_in(out, made.options) != made.wanted:
        return f"other labels: {made.about}", applied.changes
    if made.path.read_bytes() != before:
        return f"the input was changed: {made.about}", applied.changes
    back = made.path.with_stem("back")
    for way in ("undo file", "patch"):
        revert_patch(
            named(out, back), None if way == "undo file" and applied.changes else patch, Silent()
        )
        if back.read_bytes() != before:
            return f"not taken back by the {way}: {made.about}", applied.changes
        if applied.written is not None and applied.written.undo is not None and way == "undo file":
            applied.written.undo.unlink()
    return "", applied.changes


def many_manifests(count: int, seed: int) -> dict[str, object]:
    random = np.random.default_rng(seed)
    failures = []
    cells = 0
    for number in range(count):
        with tempfile.TemporaryDirectory() as name:
            problem, changed = one_manifest(Path(name), random)
        cells += changed
        if problem:
            failures.append({"manifest": number, "problem": problem})
    return {"manifests": count, "cells_changed": cells, "failures": failures}


def seconds_of(*arguments: object) -> dict[str, float]:
    """The wall and the processor time of a command, its start included.

    On a machine that others keep busy, the processor time is what a quiet one would take.
    """
    started, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    words = [sys.executable, "-m", "labelfix", *map(str, arguments)]
    subprocess.run(words, check=True, capture_output=True)
    wall = time.perf_counter() - started
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"wall_s": round(wall, 2), "processor_s": round(used, 2)}


def million_rows(rows: int) -> dict[str, object]:
    """Seconds of each command on a manifest of which every label changes."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        manifest, fixed = folder / "manifest.csv", folder / "fixed.csv"
        patch, new, back = (folder / one for one in ("a.patch.jsonl", "new.csv", "back.csv"))
        with manifest.open("w") as file, fixed.open("w") as other:
            file.write("image,label,note\n")
            other.write("image,label,note\n")
            for row in range(rows):
                file.write(f'{row % 100:02d}/{row:07d}.jpg,class {row % 10},"n, {row}"\n')
                other.write(f'{row % 100:02d}/{row:07d}.jpg,class {(row + 1) % 10},"n, {row}"\n')
        quiet = ("--quiet", "--json")
        nowhere = ("--workspace", folder / "none")
        figures: dict[str, object] = {"rows": rows, "load_average": os.getloadavg()[0]}
        figures["diff"] = seconds_of("diff", manifest, fixed)
        figures["make"] = seconds_of(
            "patch", "make", manifest, "--from", fixed, "--out", patch, *nowhere, *quiet
        )
        figures["apply"] = seconds_of("patch", "apply", manifest, patch, "--out", new, *quiet)
        figures["revert_by_undo"] = seconds_of("patch", "revert", new, "--out", back, *quiet)
        same = back.read_bytes() == manifest.read_bytes()
        for undo in folder.glob("*.undo-*"):
            undo.unlink()
        figures["revert_by_patch"] = seconds_of(
            "patch", "revert", new, patch, "--out", back, *quiet
        )
        same = same and back.read_bytes() == manifest.read_bytes()
        figures |= {
            "byte_identical": same,
            "patch_mb": round(patch.stat().st_size / 1e6, 1),
            "manifest_mb": round(manifest.stat().st_size / 1e6, 1),
        }
        times = [value for value in figures.values() if isinstance(value, dict)]
        for kind in ("wall_s", "processor_s"):
            figures[f"every_{kind.removesuffix('_s')}_time_under_30_s"] = all(
                value[kind] < LIMIT_S for value in times
            )
        return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--manifests", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    found: dict[str, object] = {}
    if options.manifests:
        found["random_manifests"] = many_manifests(options.manifests, options.seed)
        print(json.dumps(found["random_manifests"], indent=2))
    if options.rows:
        found["million_rows"] = million_rows(options.rows)
    save("patches", found)


if __name__ == "__main__":
    main()
