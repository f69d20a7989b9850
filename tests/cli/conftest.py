"""What the tests of the command line share: a finished project, and processes of their own."""

import functools
import os
import pty
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from labelfix.config import EmbedOptions, TrainOptions

STEPS = 40
RUN = ("run", "images", "manifest.csv", "--encoder", "hog", "--out", "fixed.csv")

DRIVER = """
import functools, sys
from labelfix.cli import app, run
from labelfix.config import EmbedOptions, TrainOptions
run.EmbedOptions = functools.partial(EmbedOptions, part_rows=int(sys.argv[1]))
run.TrainOptions = functools.partial(
    TrainOptions, least_steps=int(sys.argv[2]), checkpoint_steps=20
)
app.main(sys.argv[3:])
"""
"""`python -m labelfix` with another size of parts and length of training."""


@pytest.fixture(autouse=True)
def short_training(monkeypatch):
    """Few steps of training; everything else is as a user has it."""
    short = functools.partial(TrainOptions, least_steps=STEPS)
    monkeypatch.setattr("labelfix.cli.run.TrainOptions", short)
    monkeypatch.setattr("labelfix.cli.train.TrainOptions", short)


@pytest.fixture(scope="session")
def finished(tmp_path_factory, write_images) -> Path:
    """A folder with images, a manifest, a workspace in which all is done, and fixed.csv."""
    from labelfix.data.stage import Rerun
    from labelfix.data.workspace import locked, open_workspace
    from labelfix.embedding.inputs import EmbedInputs
    from labelfix.pipeline import PipelineOptions, run_pipeline
    from labelfix.progress import Silent

    folder = tmp_path_factory.mktemp("finished")
    write_images(folder, ["cat", "dog", "owl"] * 12, wrong={0: "dog", 4: "owl", 9: "dog"})
    inputs = EmbedInputs(Path("images"), Path("manifest.csv"))
    options = PipelineOptions(EmbedOptions(encoder="hog"), train=TrainOptions(least_steps=STEPS))
    with pytest.MonkeyPatch.context() as patch:
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
def start(tmp_path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Start the command line in a process of its own; ends with the test."""
    started: list[subprocess.Popen[str]] = []
    settings = {"LABELFIX_WORKSPACE", "COLUMNS", "NO_COLOR", "FORCE_COLOR"}
    environment = {name: value for name, value in os.environ.items() if name not in settings}
    environment["OMP_NUM_THREADS"] = "1"  # threads that wait for each other are slow on a busy core

    def run(*arguments, part_rows=EmbedOptions.part_rows, steps=STEPS, env=None, **options):
        sizes = [str(part_rows), str(steps)]
        process = subprocess.Popen(
            [sys.executable, "-c", DRIVER, *sizes, *map(str, arguments)],
            cwd=tmp_path,
            env={**environment, **(env or {})},
            text=True,
            **{"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options},
        )
        started.append(process)
        return process

    yield run
    for process in started:
        process.kill()
        process.communicate()


@pytest.fixture
def terminal(monkeypatch, labelfix) -> Iterator[Callable[[], str]]:
    """A pseudo-terminal in the place of stderr; the function closes it and gives what it got."""
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    ours, theirs = pty.openpty()
    stream = open(theirs, "w", encoding="utf-8")  # noqa: PTH123, SIM115
    received = bytearray()

    def read() -> None:
        try:
            while data := os.read(ours, 65536):
                received.extend(data)
        except OSError:
            return  # how Linux says that the other side is closed

    reader = threading.Thread(target=read)
    reader.start()
    monkeypatch.setattr(sys, "stderr", stream)

    def shown() -> str:
        stream.close()
        reader.join()
        return received.decode()

    yield shown
    shown()
    os.close(ours)
