"""Ctrl-C, SIGTERM and SIGKILL while a run is at work, and the run that goes on after it."""

import itertools
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

IN_SMALL_PARTS = """
from pathlib import Path
from labelfix.cli import app
from labelfix.cli.session import working
from labelfix.options.workspace_options import WorkspaceOptions

@app.app.command()
def in_small_parts():
    with working(WorkspaceOptions(), begins=True) as session:
        from labelfix.options.embed_options import EmbedOptions
        from labelfix.options.train_options import TrainOptions
        from labelfix.data.records import Rerun
        from labelfix.data.manifest_inputs import EmbedInputs
        from labelfix.pipeline import PipelineOptions, run_pipeline

        inputs = EmbedInputs(images=Path("images"), manifest=Path("manifest.csv"))
        options = PipelineOptions(
            embed=EmbedOptions(encoder="hog", workers=1, part_rows=8),
            train=TrainOptions(width=32),
        )
        run_pipeline(
            session.workspace, inputs, Path("fixed.csv"), options, session.progress, Rerun(),
            session.done,
        )

app.main(["in-small-parts"])
"""
"""`labelfix run` with many parts and many denoisers: time enough to end it between them."""

RECORDS = {"embed": "embeddings.record.json", "train": "denoiser.safetensors.record.json"}
"""What the stages that take long write at their ends."""

RESULTS = (
    "fixed.csv",
    ".labelfix/denoiser.safetensors",
    ".labelfix/corrections.parquet",
    ".labelfix/noise_transition.csv",
)

ENDS = {
    signal.SIGINT: (130, "interrupted; run the same command to continue\n"),
    signal.SIGTERM: (143, "terminated; run the same command to continue\n"),
    signal.SIGKILL: (-signal.SIGKILL, ""),
}
LONGEST_END_S = 2
"""On cores that have nothing else to do; on busy ones in proportion to what waits for them."""
LONGEST_RUN_S = 100


def longest_end_s():
    """Seconds within which a process has to end, by how busy the cores are now."""
    return LONGEST_END_S * max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))


STUBBORN = """
import time
from labelfix.cli import app

@app.app.command()
def stubborn():
    said = "at work"
    while True:
        try:
            print(said, flush=True)
            time.sleep(60)
        except KeyboardInterrupt:
            said = "still at work"

app.main(["stubborn"])
"""

HOLDER = """
import sys
from pathlib import Path
from labelfix.data.workspace import locked, open_workspace

with locked(open_workspace(Path(".labelfix"))):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture(scope="module")
def many(tmp_path_factory, write_images) -> Path:
    """A folder with images enough for a run that can be interrupted."""
    folder = tmp_path_factory.mktemp("many")
    write_images(folder, ["cat", "dog", "owl"] * 50, wrong={0: "dog", 4: "owl", 9: "dog"})
    return folder


@pytest.fixture(scope="module")
def uninterrupted(start, many, tmp_path_factory) -> dict[str, bytes]:
    """What a run writes that nobody disturbs."""
    folder = tmp_path_factory.mktemp("uninterrupted")
    shutil.copytree(many, folder, dirs_exist_ok=True)
    process = start(folder, program=("-c", IN_SMALL_PARTS))
    _, stderr = process.communicate(timeout=LONGEST_RUN_S)
    assert process.returncode == 0, stderr
    return {name: (folder / name).read_bytes() for name in RESULTS}


def progress_of(workspace: Path, stage: str) -> int:
    """A number that changes with every part, or with every checkpoint."""
    if stage == "embed":
        return len(list((workspace / "embeddings").glob("part-*.parquet")))
    return len(list(workspace.glob("checkpoint-*.safetensors")))


def wait_for_progress(process: subprocess.Popen[str], workspace: Path, stage: str) -> None:
    """Come back as soon as a stage has made more of its work."""
    before = progress_of(workspace, stage)
    deadline = time.monotonic() + LONGEST_RUN_S
    while progress_of(workspace, stage) == before:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.002)


@pytest.mark.slow
def test_run__ended_three_times_while_embedding_and_while_training(
    start, many, uninterrupted, tmp_path
):
    shutil.copytree(many, tmp_path, dirs_exist_ok=True)
    workspace = tmp_path / ".labelfix"
    for stage, number in itertools.product(RECORDS, ENDS):
        process = start(tmp_path, program=("-c", IN_SMALL_PARTS))
        wait_for_progress(process, workspace, stage)
        sent = time.monotonic()
        process.send_signal(number)
        stdout, stderr = process.communicate(timeout=LONGEST_RUN_S)
        assert time.monotonic() - sent < longest_end_s(), (stage, number)
        code, last_line = ENDS[number]
        assert (process.returncode, stdout) == (code, ""), (stage, number)
        assert stderr.endswith(last_line), (stage, number)
        assert not (workspace / RECORDS[stage]).exists(), (stage, number)
        assert number == signal.SIGKILL or not list(tmp_path.rglob("*.labelfix-part-*"))
    process = start(tmp_path, program=("-c", IN_SMALL_PARTS))
    stdout, stderr = process.communicate(timeout=LONGEST_RUN_S)
    assert process.returncode == 0, stderr
    assert "embed   up to date, skipped" in stderr
    assert re.search(r"continuing with \d+ trained in an earlier run\n", stderr)
    assert {name: (tmp_path / name).read_bytes() for name in RESULTS} == uninterrupted
    assert not list(tmp_path.rglob("*.labelfix-part-*"))
    assert not list(workspace.glob("checkpoint*.safetensors"))


@pytest.mark.slow
def test_main__second_interrupt_ends_at_once(tmp_path):
    with subprocess.Popen(
        [sys.executable, "-c", STUBBORN], cwd=tmp_path, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout.readline() == "at work\n"
            process.send_signal(signal.SIGINT)
            assert process.stdout.readline() == "still at work\n"
            process.send_signal(signal.SIGINT)
            assert process.wait(timeout=longest_end_s()) == 130
        finally:
            process.kill()


@pytest.mark.slow
def test_index__workspace_in_use(labelfix, project):
    before = (project / ".labelfix" / "neighbours.parquet").read_bytes()
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER],
        cwd=project,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as holder:
        assert holder.stdout.readline() == "held\n"
        outcome = labelfix("index", "--force")
        assert (outcome.code, outcome.stdout) == (2, "")
        assert outcome.stderr == (
            "error: the workspace .labelfix is in use by another run "
            f"(process {holder.pid})\n"
            "Wait for it to end, or name another folder with --workspace.\n"
        )
        assert (project / ".labelfix" / "neighbours.parquet").read_bytes() == before
        holder.kill()
    assert labelfix("index", "--force").code == 0  # a dead holder's lock is free
