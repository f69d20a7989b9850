"""How the program begins and ends: usage, bugs, pipes, completion."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from small_training import IN_A_PROCESS

from labelfix.check.formats.registry import FILE_FORMATS, FORMATS
from labelfix.cli.app import COMMANDS
from labelfix.encoders.registry import ENCODERS
from labelfix.options.batch_options import OUTPUT_FORMATS
from labelfix.options.embed_options import ENCODER_KINDS
from labelfix.options.index_options import ENGINES
from labelfix.retrieval import registry as retrieval_registry

RUN = ("run", "images", "manifest.csv", "--encoder", "hog", "--out", "fixed.csv")
HEAVY = ("torch", "faiss", "open_clip", "timm", "pandas", "pyarrow", "numpy", "skimage", "PIL")
SLOW = ("torch", "faiss", "open_clip", "timm", "skimage", "scipy")


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("nosuch",), "No such command 'nosuch'"),
        (("--nosuch",), "No such option: --nosuch"),
        (("run",), "Missing argument 'IMAGES'"),
        (("run", "images"), "Missing option '--out'"),
        (("run", "images", "--out"), "--out"),
        (("embed", "a", "b", "c"), "Got unexpected extra argument"),
        (("index", "--neighbours", "many"), "Invalid value for '--neighbours'"),
        (("train", "--epochs", "1.5"), "Invalid value for '--epochs'"),
    ],
)
def test_main__wrong_usage(labelfix, tmp_path, arguments, expected):
    outcome = labelfix(*arguments)
    assert (outcome.code, outcome.stdout) == (2, "")
    assert expected in outcome.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("given", "expected"), [(None, "PASSIVE"), ("ACTIVE", "ACTIVE")])
def test_main__threads_do_not_spin_unless_asked(labelfix, monkeypatch, given, expected):
    monkeypatch.delenv("OMP_WAIT_POLICY", raising=False)
    if given:
        monkeypatch.setenv("OMP_WAIT_POLICY", given)
    labelfix("--version")
    assert os.environ["OMP_WAIT_POLICY"] == expected


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (RuntimeError("a secret"), r"error: this is a bug in labelfix \(RuntimeError\); "),
        (MemoryError(), r"error: this is a bug in labelfix \(MemoryError\); "),
        (
            OSError(28, "No space left on device", "[red].jsonl"),
            r"error: \[Errno 28\] No space left on device: '\[red\]\.jsonl'; ",
        ),
    ],
)
def test_main__bug(labelfix, project, monkeypatch, tmp_path, error, expected):
    def run_index(*_):
        password = "".join(("let ", "me ", "in"))
        raise error if password else AssertionError

    monkeypatch.setattr("labelfix.retrieval.stage.run_index", run_index)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    outcome = labelfix("index")
    assert (outcome.code, outcome.stdout) == (2, "")
    found = re.fullmatch(expected + r"the details are in (.*\.log)\n", outcome.stderr)
    assert found
    log = Path(found[1]).read_text(encoding="utf-8")
    assert log.startswith("labelfix ")
    assert "Traceback" in log and "in run_index" in log
    assert "let me in" not in log
    assert labelfix("index", "--json").code == 2  # the lock is free: it is the same bug again


def test_main__bug_where_no_log_can_be_written(labelfix, project, monkeypatch):
    def run_index(*_):
        raise RuntimeError

    monkeypatch.setattr("labelfix.retrieval.stage.run_index", run_index)
    monkeypatch.setattr("tempfile.tempdir", "/no/such/folder")
    outcome = labelfix("index")
    assert outcome.code == 2
    assert outcome.stderr == (
        "error: this is a bug in labelfix (RuntimeError); "
        "the details could not be written: No such file or directory\n"
    )


def test_main__folder_that_is_gone(labelfix, tmp_path, monkeypatch):
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    assert labelfix("--help").code == 0
    assert "expected a workspace at .labelfix, found none" in labelfix("index").stderr
    assert "the workspace .labelfix cannot be used" in labelfix(*RUN).stderr


@pytest.mark.slow
def test_main__name_that_stdout_has_no_letters_for(start_small, project):
    process = start_small(
        project, *RUN[:-1], "猫.csv", env={"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    )
    stdout, stderr = process.communicate(timeout=100)
    assert (process.returncode, "bug" in stderr) == (0, False)
    assert stdout.endswith("written to \\u732b.csv\n")
    assert (project / "猫.csv").exists()


@pytest.mark.slow
@pytest.mark.parametrize(
    "arguments",
    [("--help",), ("--version",), ("run", "--help"), ("nosuch",), ("index",)],
    ids=" ".join,
)
def test_main__closed_pipe(start, tmp_path, arguments):
    ours, theirs = os.pipe()
    os.close(ours)
    process = start(tmp_path, *arguments, stdout=theirs, stderr=theirs)
    os.close(theirs)
    assert process.wait(timeout=100) == 141


@pytest.mark.slow
@pytest.mark.parametrize("closed", ["stdout", "stderr"])
def test_run__closed_pipe(start_small, project, closed):
    ours, theirs = os.pipe()
    os.close(ours)
    process = start_small(project, *RUN, **{closed: theirs})
    os.close(theirs)
    stdout, stderr = process.communicate(timeout=100)
    assert process.returncode == 141
    assert "rows" not in (stdout or "")
    assert "Error" not in (stderr or "") and "bug" not in (stderr or "")


@pytest.mark.slow
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device of Linux")
def test_main__full_disk_behind_stdout(start, tmp_path):
    with Path("/dev/full").open("w") as full:
        process = start(tmp_path, "--version", stdout=full)
        _, stderr = process.communicate(timeout=100)
    assert process.returncode == 2
    assert stderr.startswith("error: the result could not be written to stdout: No space left")


@pytest.mark.parametrize("shell", ["bash", "zsh"])
def test_completion__script(labelfix, monkeypatch, shell):
    monkeypatch.setenv("_LABELFIX_COMPLETE", f"source_{shell}")
    outcome = labelfix()
    assert outcome.code == 0
    assert f"_LABELFIX_COMPLETE=complete_{shell}" in outcome.stdout
    check = subprocess.run(["bash", "-n"], input=outcome.stdout, text=True, check=False)
    assert shell == "zsh" or check.returncode == 0


def test_completion__of_a_command_and_an_option(labelfix, monkeypatch):
    monkeypatch.setenv("_LABELFIX_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", "labelfix r")
    monkeypatch.setenv("COMP_CWORD", "1")
    assert labelfix().stdout.split() == ["run", "relabel", "report", "review"]
    monkeypatch.setenv("COMP_WORDS", "labelfix relabel --min")
    monkeypatch.setenv("COMP_CWORD", "2")
    assert labelfix().stdout.split() == ["--min-precision", "--min-confidence"]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("check --output-format j", ["json", "json-lines", "junit"]),
        ("check --explain split", ["split-leak"]),
        ("check --select wrong", ["wrong-label"]),
        ("check --on ", ["lower", "estimate", "upper"]),
        ("run --device ", ["auto", "cpu", "cuda"]),
        ("run --encoder ", ["clip", "timm:", "hog", "simclr", "precomputed:"]),
        ("run -e h", ["hog"]),
        ("index --engine h", ["hnsw"]),
        ("train --preset food", ["food101n"]),
        ("prepare clo", ["clothing1m"]),
    ],
)
def test_completion__of_choices(labelfix, monkeypatch, words, expected):
    monkeypatch.setenv("_LABELFIX_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", f"labelfix {words}")
    monkeypatch.setenv("COMP_CWORD", str(len(f"labelfix {words}x".split()) - 1))
    assert labelfix().stdout.split() == expected


def test_completion__names_are_those_of_the_tables():
    assert (*FORMATS, *FILE_FORMATS) == OUTPUT_FORMATS
    assert tuple(retrieval_registry.ENGINES) == ENGINES
    assert {kind.rstrip(":") for kind in ENCODER_KINDS} == set(ENCODERS)


@pytest.mark.slow
def test_run__that_is_up_to_date_loads_no_engine(project, start):
    program = (
        IN_A_PROCESS + "try:\n"
        "    main(sys.argv[1:])\n"
        "finally:\n"
        f"    print([name for name in {SLOW} if name in sys.modules], file=sys.stderr)\n"
    )
    run = ("run", "images", "manifest.csv", "--encoder", "hog", "--out", "fixed.csv")
    process = start(project, *run, "--device", "cpu", program=("-c", program))
    _, stderr = process.communicate(timeout=100)
    assert process.returncode == 0, stderr
    assert stderr.count("up to date, skipped") == 4
    assert stderr.endswith("\n[]\n")


@pytest.mark.slow
def test_help__loads_nothing_heavy():
    program = (
        "import sys\n"
        "from labelfix.cli.app import main\n"
        "try:\n"
        "    main(['--help'])\n"
        "except SystemExit:\n"
        f"    print([name for name in {HEAVY} if name in sys.modules], file=sys.stderr)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stderr == "[]\n"
    assert all(name.split()[0] in done.stdout for name in COMMANDS)


def test_module__is_the_command():
    done = subprocess.run(
        [sys.executable, "-m", "labelfix", "--version"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout[:9], done.stderr) == (0, "labelfix ", "")
