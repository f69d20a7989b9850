"""What the tests of the command line share: a finished project, and processes of their own."""

import contextlib
import json
import os
import pty
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from labelfix.config import EmbedOptions

DIFFUSION = {"least_steps": 100, "batch_size": 32}
CROSS_FIT = {
    "least_steps": 80, "early_epochs": 1, "batch_size": 4, "folds": 5, "width": 64,
    "learning_rate": 1e-2, "dropout": 0.1,
}  # fmt: skip

WRONG = {0: "dog", 4: "owl", 9: "dog", 13: "owl", 18: "dog", 22: "owl"}

DRIVER = """
import functools, json, sys
import labelfix.pipeline
from labelfix import config
from labelfix.cli import app, run
part_rows, cross_fit, diffusion = map(json.loads, sys.argv[1:4])
run.EmbedOptions = functools.partial(config.EmbedOptions, part_rows=part_rows)
config.CrossFitOptions = functools.partial(config.CrossFitOptions, **cross_fit)
config.DiffusionOptions = functools.partial(config.DiffusionOptions, **diffusion)
app.main(sys.argv[4:])
"""
"""`python -m labelfix` with another size of parts and length of training."""


@pytest.fixture(autouse=True)
def short_training(small_training) -> Iterator[None]:
    """Few and small steps of training; everything else is as a user has it."""
    with small_training(cross_fit=CROSS_FIT, diffusion=DIFFUSION):
        yield


@pytest.fixture(scope="session")
def finished(tmp_path_factory, write_images, small_training) -> Path:
    """A folder with images, a manifest, a workspace in which all is done, and fixed.csv."""
    from labelfix.data.manifest_inputs import EmbedInputs
    from labelfix.data.records import Rerun
    from labelfix.data.workspace import locked, open_workspace
    from labelfix.pipeline import PipelineOptions, run_pipeline
    from labelfix.progress import Silent

    folder = tmp_path_factory.mktemp("finished")
    write_images(folder, ["cat", "dog", "owl"] * 12, wrong=WRONG)
    inputs = EmbedInputs(images=Path("images"), manifest=Path("manifest.csv"))
    options = PipelineOptions(EmbedOptions(encoder="hog"))
    short = small_training(cross_fit=CROSS_FIT, diffusion=DIFFUSION)
    with short, pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        workspace = open_workspace(Path(".labelfix"))
        with locked(workspace):
            out = Path("fixed.csv")
            run_pipeline(workspace, inputs, out, options, Silent(), Rerun(), lambda _: None)
    return folder


@pytest.fixture
def project(finished, labelfix, tmp_path) -> Path:
    """A copy of the finished folder, where `labelfix` runs."""
    shutil.copytree(finished, tmp_path, dirs_exist_ok=True)
    return tmp_path


@pytest.fixture
def corrected_vectors(labelfix, tmp_path, clusters) -> tuple[str, ...]:
    """A run over embeddings of 60 images, a fifth of them wrong, that has been made; its words."""
    points = clusters(60, 3, wrong_share=0.2)
    np.save(tmp_path / "vectors.npy", points.vectors)
    rows = [f"{row:03d}.png,{'abc'[label]}" for row, label in enumerate(points.given)]
    (tmp_path / "manifest.csv").write_text("\n".join(["image,label", *rows]) + "\n")
    command = ("run", ".", "manifest.csv", "--encoder", "precomputed:vectors.npy")
    command = (*command, "--out", "fixed.csv")
    assert labelfix(*command).code == 0
    return command


@pytest.fixture(scope="session")
def start() -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Starts the command line in a process of its own, in a folder; ends with the tests."""
    started: list[subprocess.Popen[str]] = []
    kept_out = {"LABELFIX_WORKSPACE", "COLUMNS", "NO_COLOR", "FORCE_COLOR"}
    environment = {name: value for name, value in os.environ.items() if name not in kept_out}
    environment["OMP_NUM_THREADS"] = "1"  # what is small is fastest so

    def begin(folder, *arguments, part_rows=EmbedOptions.part_rows, sizes=(), env=(), **streams):
        of_both = [{**defaults, **dict(sizes)} for defaults in (CROSS_FIT, DIFFUSION)]
        sizes = map(json.dumps, (part_rows, *of_both))
        process = subprocess.Popen(
            [sys.executable, "-c", DRIVER, *sizes, *map(str, arguments)],
            cwd=folder,
            env={**environment, **dict(env)},
            text=True,
            **{"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **streams},
        )
        started.append(process)
        return process

    yield begin
    for process in started:
        process.kill()
        process.communicate()


@pytest.fixture
def terminal(monkeypatch) -> Iterator[Callable[[], Callable[[], str]]]:
    """Puts a pseudo-terminal in the place of stderr; gives what tells what it has received."""
    with contextlib.ExitStack() as ends:

        def begin() -> Callable[[], str]:
            monkeypatch.setenv("TERM", "xterm-256color")
            ours, theirs = pty.openpty()
            ends.callback(os.close, ours)
            stream = ends.enter_context(os.fdopen(theirs, "w", encoding="utf-8"))
            received = bytearray()
            reader = threading.Thread(target=_read_all, args=(ours, received))
            reader.start()
            monkeypatch.setattr(sys, "stderr", stream)

            def shown() -> str:
                stream.close()
                reader.join()
                return received.decode()

            ends.callback(shown)
            return shown

        yield begin


def _read_all(descriptor: int, received: bytearray) -> None:
    try:
        while data := os.read(descriptor, 65536):
            received.extend(data)
    except OSError:
        return  # how Linux says that the other side is closed
