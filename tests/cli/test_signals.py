"""Ctrl-C, SIGTERM and SIGKILL while a run is at work, and the run that goes on after it."""

import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

RUN = ("run", "images", "manifest.csv", "--encoder", "hog", "--out", "fixed.csv")
COMMAND = (*RUN, "--workers", "1", "--width", "32")
SIZES = {"part_rows": 8, "steps": 200}
"""A part is there long before all images are, a checkpoint long before all steps."""

ON_THE_WAY = {
    "embeddings/_part-00000.parquet.record.json": "embeddings.record.json",
    "checkpoint.safetensors": "denoiser.safetensors.record.json",
}
"""What a stage writes on its way, and what it writes at its end."""

RESULTS = ("fixed.csv", ".labelfix/denoiser.safetensors", ".labelfix/corrections.parquet")

ENDS = {
    signal.SIGINT: (130, "interrupted; the same command goes on from here\n"),
    signal.SIGTERM: (143, "terminated; the same command goes on from here\n"),
    signal.SIGKILL: (-signal.SIGKILL, ""),
}
LONGEST_END_S = 2
LONGEST_RUN_S = 100

STUBBORN = """
import time
from labelfix.cli import app

@app.app.command()
def stubborn():
    print("at work", flush=True)
    while True:
        try:
            time.sleep(60)
        except KeyboardInterrupt:
            print("still at work", flush=True)

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
    process = start(folder, *COMMAND, **SIZES)
    _, stderr = process.communicate(timeout=LONGEST_RUN_S)
    assert process.returncode == 0, stderr
    return {name: (folder / name).read_bytes() for name in RESULTS}


def wait_for(path: Path, process: subprocess.Popen[str]) -> None:
    """Come back as soon as a file is there that the process writes on its way."""
    deadline = time.monotonic() + LONGEST_RUN_S
    while not path.exists():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.002)


@pytest.mark.parametrize("number", ENDS, ids=lambda number: number.name)
def test_run__ended_while_embedding_and_while_training(
    start, many, uninterrupted, tmp_path, number
):
    shutil.copytree(many, tmp_path, dirs_exist_ok=True)
    workspace = tmp_path / ".labelfix"
    for first_sign, end in ON_THE_WAY.items():
        process = start(tmp_path, *COMMAND, **SIZES)
        wait_for(workspace / first_sign, process)
        sent = time.monotonic()
        process.send_signal(number)
        stdout, stderr = process.communicate(timeout=LONGEST_RUN_S)
        assert time.monotonic() - sent < LONGEST_END_S
        code, last_line = ENDS[number]
        assert (process.returncode, stdout) == (code, "")
        assert stderr.endswith(last_line)
        assert not (workspace / end).exists()
        assert number == signal.SIGKILL or not list(tmp_path.rglob("*.labelfix-part-*"))
    process = start(tmp_path, *COMMAND, **SIZES)
    stdout, stderr = process.communicate(timeout=LONGEST_RUN_S)
    assert process.returncode == 0, stderr
    assert "going on after step " in stderr
    assert {name: (tmp_path / name).read_bytes() for name in RESULTS} == uninterrupted
    assert not list(tmp_path.rglob("*.labelfix-part-*"))
    assert not (workspace / "checkpoint.safetensors").exists()


def test_main__second_interrupt_ends_at_once(tmp_path):
    with subprocess.Popen(
        [sys.executable, "-c", STUBBORN], cwd=tmp_path, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout.readline() == "at work\n"
            process.send_signal(signal.SIGINT)
            assert process.stdout.readline() == "still at work\n"
            process.send_signal(signal.SIGINT)
            assert process.wait(timeout=LONGEST_END_S) == 130
        finally:
            process.kill()


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
