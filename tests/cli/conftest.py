"""What the tests of the command line share: a finished project, and processes of their own."""

import contextlib
import os
import pty
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from small_training import IN_A_PROCESS, small_trainings

from labelfix.options.embed_options import EmbedOptions
from labelfix.options.train_options import TrainOptions

WIDTH, LEARNING_RATE = 32, 0.008
"""Of the denoisers of a finished project, whose labels are too few to learn much from."""

WRONG = {0: "dog", 4: "owl", 9: "dog", 13: "owl", 18: "dog", 22: "owl"}


@pytest.fixture(autouse=True, scope="module")
def small() -> Iterator[None]:
    """Every training in this process is a small one."""
    with small_trainings():
        yield


@pytest.fixture(scope="session")
def finished(tmp_path_factory, write_images) -> Path:
    """A folder with images, a manifest, a workspace in which all is done, and fixed.csv.

    Its settings file has what its denoisers were trained with.
    """
    folder = tmp_path_factory.mktemp("finished")
    write_images(folder, ["cat", "dog", "owl"] * 12, wrong=WRONG)
    (folder / "labelfix.toml").write_text(
        f"width = {WIDTH}\nlearning-rate = {LEARNING_RATE}\n", encoding="utf-8"
    )
    train = TrainOptions(width=WIDTH, learning_rate=LEARNING_RATE)
    run_in(folder, Path("images"), EmbedOptions(encoder="hog"), train)
    return folder


def run_in(folder: Path, images: Path, embed: EmbedOptions, train: TrainOptions) -> None:
    """What `labelfix run` does in a folder with a manifest."""
    from labelfix.data.manifest_inputs import EmbedInputs
    from labelfix.data.records import Rerun
    from labelfix.data.workspace import locked, open_workspace
    from labelfix.pipeline import PipelineOptions, run_pipeline
    from labelfix.runtime.progress import Silent

    inputs = EmbedInputs(images=images, manifest=Path("manifest.csv"))
    options = PipelineOptions(embed=embed, train=train)
    with pytest.MonkeyPatch.context() as patch, small_trainings():
        patch.chdir(folder)
        workspace = open_workspace(Path(".labelfix"))
        with locked(workspace):
            out = Path("fixed.csv")
            run_pipeline(workspace, inputs, out, options, Silent(), Rerun(), lambda _: None)


@pytest.fixture
def project(finished, labelfix, tmp_path) -> Path:
    """A copy of the finished folder, where `labelfix` runs."""
    shutil.copytree(finished, tmp_path, dirs_exist_ok=True)
    return tmp_path


@pytest.fixture(scope="session")
def corrected_once(tmp_path_factory, clusters) -> Path:
    """A folder where embeddings of 60 images, a fifth of them labelled wrong, were corrected."""
    folder = tmp_path_factory.mktemp("corrected")
    points = clusters(60, 3, wrong_share=0.2)
    np.save(folder / "vectors.npy", points.vectors)
    rows = [f"{row:03d}.png,{'abc'[label]}" for row, label in enumerate(points.given)]
    (folder / "manifest.csv").write_text("\n".join(["image,label", *rows]) + "\n")
    train = TrainOptions(fast=True, width=64, learning_rate=0.02)
    run_in(folder, Path(), EmbedOptions(encoder="precomputed:vectors.npy"), train)
    return folder


@pytest.fixture
def corrected_vectors(corrected_once, labelfix, tmp_path) -> tuple[str, ...]:
    """A copy of that folder, where `labelfix` runs; the words of the run that corrected it."""
    shutil.copytree(corrected_once, tmp_path, dirs_exist_ok=True)
    command = ("run", ".", "manifest.csv", "--encoder", "precomputed:vectors.npy")
    return (*command, "--out", "fixed.csv", "--fast", "--width", "64", "--learning-rate", "0.02")


@pytest.fixture(scope="session")
def start() -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Starts the command line in a process of its own, in a folder; ends with the tests."""
    started: list[subprocess.Popen[str]] = []
    kept_out = {"LABELFIX_WORKSPACE", "COLUMNS", "NO_COLOR", "FORCE_COLOR"}
    environment = {name: value for name, value in os.environ.items() if name not in kept_out}
    environment["OMP_NUM_THREADS"] = "1"  # what is small is fastest so

    def begin(folder, *arguments, program=("-m", "labelfix"), env=(), **streams):
        process = subprocess.Popen(
            [sys.executable, *program, *map(str, arguments)],
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


@pytest.fixture(scope="session")
def start_small(start) -> Callable[..., subprocess.Popen[str]]:
    """As `start`, with small trainings: where the project is one that was made in this process."""
    return partial(start, program=("-c", IN_A_PROCESS + "main(sys.argv[1:])"))


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
