"""The CIFAR-10 benchmark: parts, stages that are skipped or go on, the table, and a tiny run."""

import importlib
import io
import json
import subprocess
import sys
import tarfile
import time
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from labelfix.options.cross_fit_options import CrossFitOptions
from labelfix.options.diffusion_options import DiffusionOptions

FOLDER = Path(__file__).resolve().parents[2] / "benchmarks"
MISSING_THERE = ("faiss", "open_clip", "rich", "typer", "click", "skimage", "sklearn", "cleanlab")
"""What the machine with a GPU may not have."""

COLOURS = ("blue", "green", "red")


@pytest.fixture(scope="module", autouse=True)
def benchmarks_on_path():
    before = {*sys.modules}
    sys.path.insert(0, str(FOLDER))
    yield
    sys.path.remove(str(FOLDER))
    for name in {*sys.modules} - before:
        if str(FOLDER) in str(getattr(sys.modules[name], "__file__", "")):
            del sys.modules[name]


def module(name):
    return importlib.import_module(name)


class Told:
    """What a stage says."""

    def __init__(self):
        self.said = []

    def begin(self, doing, total, unit, done=0):
        pass

    def advance(self, count, note=""):
        pass

    def say(self, text):
        self.said.append(text)


def place_in(folder, **options):
    return module("resumable").Workplace(folder, "cpu", Told(), **options)


# Parts


def test_split__parts_of_real_embeddings_are_small_enough():
    parts = module("embedding_parts")
    rows = parts.rows_in_part(256)
    assert 128 + rows * 256 * 2 <= 16_000_000 < 128 + (rows + 1) * 256 * 2
    assert -(-50_000 // rows) + -(-10_000 // rows) == 3


def test_split__and_join_give_the_same_rows_in_even_parts(tmp_path, monkeypatch):
    parts = module("embedding_parts")
    monkeypatch.setattr(parts, "LARGEST_PART_BYTES", 128 + 3 * 4 * 2)
    vectors = np.arange(28, dtype=np.float16).reshape(7, 4)
    paths = parts.split(vectors, tmp_path, "train")
    assert [path.name for path in paths] == [f"train-0000{n}.npy" for n in range(3)]
    assert [len(np.load(path)) for path in paths] == [3, 2, 2]
    assert max(path.stat().st_size for path in paths) <= parts.LARGEST_PART_BYTES
    np.testing.assert_array_equal(parts.join(paths), vectors)


def test_split__parts_of_a_longer_run_before_are_gone(tmp_path, monkeypatch):
    parts = module("embedding_parts")
    (tmp_path / "train-00007.npy").touch()
    (tmp_path / "training-00007.npy").touch()
    parts.split(np.zeros((1, 2), np.float16), tmp_path, "train")
    assert {path.name for path in tmp_path.iterdir()} == {"train-00000.npy", "training-00007.npy"}


def test_split__another_type_would_be_rounded(tmp_path):
    with pytest.raises(ValueError, match=r"float16, found .* float32"):
        module("embedding_parts").split(np.zeros((1, 2), np.float32), tmp_path, "train")


# Stages


def count_runs(place, calls, **made_from):
    def make(_):
        calls.append(1)
        (place.out / "weights").write_text("whole")
        return {"right": 0.5}, [place.out / "weights"]

    inputs = {"images": "a"}
    arguments = {"options": {"epochs": 1}, "inputs": inputs, "code": ["version.py"], **made_from}
    place.run("stage", module("resumable").MadeFrom(**arguments), make)


def test_run__is_skipped_while_made_from_the_same(tmp_path):
    place, calls = place_in(tmp_path), []
    count_runs(place, calls)
    count_runs(place, calls)
    assert len(calls) == 1
    assert place.progress.said[-1] == "stage: is there already"
    assert place.figures("stage")["right"] == 0.5


@pytest.mark.parametrize(
    "other",
    [
        {"options": {"epochs": 2}},
        {"inputs": {"images": "b"}},
        {"code": ["errors.py"]},
        {"libraries": ["pillow"]},
    ],
)
def test_run__is_made_again_from_anything_else(tmp_path, other):
    place, calls = place_in(tmp_path), []
    count_runs(place, calls)
    count_runs(place, calls, **other)
    assert len(calls) == 2


def test_run__is_made_again_where_a_file_is_damaged(tmp_path):
    place, calls = place_in(tmp_path), []
    count_runs(place, calls)
    (tmp_path / "weights").write_text("torn")
    with pytest.raises(SystemExit, match="run --stage stage"):
        place.figures("stage")
    count_runs(place, calls)
    assert len(calls) == 2


def test_run__records_options_versions_and_commit(tmp_path):
    count_runs(place_in(tmp_path), [])
    record = json.loads((tmp_path / "stage.json.record.json").read_text())
    assert record["options"]["epochs"] == 1
    assert record["options"]["versions"]["torch"] == version("torch")
    assert {"commit", "machine"} <= {*record["details"]}


def test_run__nothing_begins_after_the_deadline(tmp_path):
    calls = []
    with pytest.raises(module("resumable").OutOfTimeError, match="before stage"):
        count_runs(place_in(tmp_path, deadline=time.monotonic()), calls)
    assert not calls


def test_timed_checkpoints__stop_after_the_state_is_kept_and_go_on_with_its_seconds(tmp_path):
    resumable = module("resumable")
    clock = resumable.Clock(deadline=time.monotonic())
    clock.before = 100.0
    path = tmp_path / "state.safetensors"
    with pytest.raises(resumable.OutOfTimeError, match="after 7 steps"):
        resumable.TimedCheckpoints(path, "key", clock).write(7, {"weights": torch.ones(2)})
    later = resumable.Clock()
    step, tensors = resumable.TimedCheckpoints(path, "key", later).read()
    assert (step, [*tensors]) == (7, ["weights"])
    assert 100 <= later.seconds < 110


def test_clock__stops_where_a_stretch_like_the_last_would_not_fit(monkeypatch):
    resumable, now = module("resumable"), [0.0]
    monkeypatch.setattr(resumable.time, "monotonic", lambda: now[0])
    clock = resumable.Clock(deadline=100.0)
    now[0] = 45.0
    clock.check("early")
    now[0] = 72.0
    clock.check("still")  # 27 s, till 99 s
    now[0] = 87.0
    with pytest.raises(resumable.OutOfTimeError):
        clock.check("late")  # 15 s would end at 102 s


def test_code_fingerprint__knows_one_module_from_another():
    fingerprint = module("resumable").code_fingerprint
    assert fingerprint(["errors.py"]) == fingerprint(["errors.py"])
    assert fingerprint(["errors.py"]) != fingerprint(["version.py"])
    assert fingerprint(["simclr"]) != fingerprint([])


# Labels and images


def write_labels(folder, train, test):
    for name, rows in (("train", train), ("test", test)):
        lines = [f"{name}/{number:05d}.jpg,{row}" for number, row in enumerate(rows)]
        heading = "image,true_label,worse_label,aggre_label,pmd35_label"
        columns = 2 if name == "test" else 5
        text = "\n".join([",".join(heading.split(",")[:columns]), *lines])
        (folder / f"{name}_labels.csv").write_text(text + "\n")


def test_read_column__leaves_out_images_without_a_label(tmp_path):
    train = ["cat,dog,cat,dog", "dog,dog,dog,", "cat,cat,cat,cat", "ape,cat,ape,ape"]
    write_labels(tmp_path, train, ["dog", "ape"])
    column = module("cifar10_data").read_column(tmp_path, "pmd35_label", None)
    assert column.classes == ["ape", "cat", "dog"]
    assert column.images == 4
    assert column.rows.tolist() == [0, 2, 3]
    assert column.given.tolist() == [2, 1, 0]
    assert column.true.tolist() == [1, 1, 0]
    assert column.test_true.tolist() == [2, 0]


def test_read_column__images_in_another_order_are_refused(tmp_path):
    write_labels(tmp_path, ["cat,cat,cat,cat"], ["cat"])
    path = tmp_path / "train_labels.csv"
    path.write_text(path.read_text().replace("00000", "00001"))
    with pytest.raises(SystemExit, match=r"expected image 00000\.jpg in row 2"):
        module("cifar10_data").read_column(tmp_path, "worse_label", None)


def write_data(folder, train, test):
    """Images of three colours with a little noise, and labels of which every seventh is wrong."""
    random, rows = np.random.default_rng(0), {"train": [], "test": []}
    with tarfile.open(folder / "images.tar.gz", "w:gz") as tar:
        for part, count in (("train", train), ("test", test)):
            for number in range(count):
                colour = number % 3
                pixels = random.integers(0, 90, (32, 32, 3), dtype=np.uint8)
                pixels[:, :, 2 - colour] += 120
                file = io.BytesIO()
                Image.fromarray(pixels).save(file, "JPEG")
                member = tarfile.TarInfo(f"{part}/{number:05d}.jpg")
                member.size = file.tell()
                file.seek(0)
                tar.addfile(member, file)
                wrong = COLOURS[(colour + (number % 7 == 0)) % 3]
                given = f"{COLOURS[colour]},{wrong},{wrong},{wrong}"
                rows[part].append(given if part == "train" else COLOURS[colour])
    write_labels(folder, rows["train"], rows["test"])


@pytest.mark.parametrize(
    ("images", "rows"), [(None, [0, 1, 2, 3, 4, 5]), (10, [0, 3]), (1, [0]), (1000, [*range(6)])]
)
def test_spread__test_images_are_of_all_classes(images, rows):
    assert module("cifar10_data").spread(6, images).tolist() == rows


def test_run_images__an_archive_without_an_image_is_refused(tmp_path):
    write_data(tmp_path, 6, 2)
    write_labels(tmp_path, ["red,red,red,red"] * 7, ["red"] * 2)
    out = tmp_path / "out"
    out.mkdir()
    with pytest.raises(SystemExit, match=r"expected train/00006\.jpg and 0 others"):
        module("cifar10_data").run_images(place_in(out), tmp_path, None)


def test_run_images__takes_the_first_training_images_and_some_test_images(tmp_path):
    data = module("cifar10_data")
    write_data(tmp_path, 13, 4)
    out = tmp_path / "out"
    out.mkdir()
    data.run_images(place_in(out), tmp_path, 10)
    train, test = (data.load_pixels(path) for path in data.pixel_files(out))
    assert (train.shape, test.shape) == ((10, 3, 32, 32), (2, 3, 32, 32))
    colours = [2 - number % 3 for number in range(10)]
    assert train.mean(axis=(2, 3)).argmax(axis=1).tolist() == colours
    assert test.mean(axis=(2, 3)).argmax(axis=1).tolist() == [2, 0]  # of images 0 and 2
    assert {path.name for path in out.iterdir() if path.is_dir()} == set()


# Embeddings


def test_fit_projection__keeps_the_direction_of_most_variance():
    fit = module("cifar10_encoder").fit_projection
    angles = np.deg2rad([80, 100, 70, 110])
    features = np.column_stack([np.cos(angles), np.sin(angles), np.zeros(4)]).astype(np.float32)
    projection = fit(features, 1)
    np.testing.assert_allclose(projection.components[:, 0], [1, 0, 0], atol=1e-6)
    np.testing.assert_allclose(projection.apply(features)[:, 0], [1, -1, 1, -1], atol=1e-6)


def test_fit_projection__all_directions_keep_the_distances_from_the_mean():
    fit = module("cifar10_encoder").fit_projection
    features = np.random.default_rng(0).normal(size=(20, 5)).astype(np.float32)
    projection = fit(features, 9)
    assert projection.components.shape == (5, 5)
    centred = features - features.mean(axis=0)
    centred /= np.linalg.norm(centred, axis=1, keepdims=True)
    projected = projection.apply(features)
    np.testing.assert_allclose(projected @ projected.T, centred @ centred.T, atol=1e-5)


def test_rates__the_first_epoch_is_a_warm_up(tmp_path):
    log = tmp_path / "simclr.jsonl"
    line = {"learning_rate": 0.1, "agreement": None}
    speeds = [(1, 10.0, 0.25), (2, 100.0, None), (3, 300.0, None), (4, 200.0, 0.75)]
    log.write_text(
        "".join(
            json.dumps({**line, "epoch": epoch, "loss": 5 - epoch, "images_per_s": speed,
                        "agreement": agreement}) + "\n"
            for epoch, speed, agreement in speeds
        )
    )  # fmt: skip
    found = module("cifar10_encoder").rates(log)
    assert found["views_per_s"] == 2 * 200
    assert (found["epochs"], found["loss"]) == (4, 1)
    assert found["true_label_agreement_in_training"] == [[1, 0.25], [4, 0.75]]


# Methods


def three_clusters(count):
    """Embeddings around three directions, and the direction of each."""
    random, true = np.random.default_rng(0), np.arange(count) % 3
    vectors = np.eye(8)[true] + random.normal(scale=0.15, size=(count, 8))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32), true


def clusters_problem(**pixels):
    train, true = three_clusters(240)
    given = np.where(np.arange(240) % 5 == 0, (true + 1) % 3, true)
    test, test_true = three_clusters(30)
    problem = module("cifar10_methods").Problem(train, test, given, 3, "cpu", Told(), **pixels)
    return problem, true, test_true


def checkpoints_in(folder):
    return module("resumable").TimedCheckpoints(folder / "state.safetensors", "key")


@pytest.mark.slow
def test_noise_aware__corrects_training_images_and_labels_test_images(tmp_path):
    problem, true, test_true = clusters_problem()
    options = CrossFitOptions(folds=3)
    correct = module("cifar10_methods").correct_noise_aware
    answer = correct(options, problem, checkpoints_in(tmp_path))
    assert np.mean(answer.train == true) > 0.95 > np.mean(problem.given == true)
    assert np.mean(answer.test == test_true) > 0.95


@pytest.mark.slow
def test_lra__the_image_branch_sees_the_pixels_of_both_parts(tmp_path):
    train, test = (
        np.broadcast_to((true * 100).astype(np.uint8)[:, None, None, None], (len(true), 3, 8, 8))
        for true in (np.arange(240) % 3, np.arange(30) % 3)
    )
    problem, _, _ = clusters_problem(train_pixels=train.copy(), test_pixels=test.copy())
    options = DiffusionOptions(
        least_steps=2, epochs=1, batch_size=120, width=8, timesteps=10, image_branch="resnet10t"
    )
    answer = module("cifar10_methods").correct_by_lra(options, problem, checkpoints_in(tmp_path))
    assert (len(answer.train), len(answer.test)) == (240, 30)
    assert answer.details == {"steps": 2}


def test_lra__epochs_that_are_asked_for_are_all_there_is():
    lra = module("cifar10_methods").lra
    assert lra("cpu")[1]["least_steps"] > 1
    _, chosen = lra("cpu", "resnet34", 2)
    found = [chosen[name] for name in ("image_branch", "epochs", "least_steps")]
    assert found == ["resnet34", 2, 1]


def test_of_column__leaves_out_images_without_a_label():
    methods = module("cifar10_methods")
    problem, _, _ = clusters_problem(train_pixels=np.arange(240, dtype=np.uint8))
    column = column_of([2, 1], [2, 1], [0], ("a", "b", "c"), rows=[7, 200])
    narrowed = methods.of_column(problem, column)
    np.testing.assert_array_equal(narrowed.train, problem.train[[7, 200]])
    assert narrowed.train_pixels.tolist() == [7, 200]
    assert narrowed.given.tolist() == [2, 1]
    assert len(narrowed.test) == 30


@pytest.mark.parametrize("name", ["knn", "logistic_regression"])
def test_baselines__take_the_given_labels_of_like_images(tmp_path, name):
    problem, true, test_true = clusters_problem()
    method = module("cifar10_baselines").BASELINES[name]
    answer = method(problem, checkpoints_in(tmp_path))
    assert np.mean(answer.train == true) > 0.95
    assert np.mean(answer.test == test_true) > 0.95


# The table


def column_of(given, true, test_true, classes=("cat", "dog"), rows=None):
    rows = np.arange(len(given)) if rows is None else np.array(rows)
    given, true, test_true = (np.array(values) for values in (given, true, test_true))
    test = (np.arange(len(test_true)), test_true)
    return module("cifar10_data").Column(
        "worse_label", len(given), rows, given, true, *test, classes
    )


def test_figures__training_and_test_images_against_the_truth():
    methods = module("cifar10_methods")
    column = column_of([0, 1, 1, 0], [0, 0, 1, 1], [0, 1, 1, 1])
    answer = methods.Answer(np.array([0, 0, 0, 0]), np.array([0, 1, 1, 0]))
    found = methods.figures(answer, column)
    assert found["test_accuracy"] == 0.75
    assert (found["right_after"], found["fixed"], found["harmed"]) == (0.5, 0.5, 0.5)


def save_figures(place, stage, embeddings, column):
    inputs = {"embeddings": embeddings, "labels": column.fingerprint}
    shares = dict.fromkeys(("test_accuracy", "right_after", "fixed"), 0.8125) | {"harmed": None}
    made_from = module("resumable").MadeFrom({}, inputs)
    place.run(f"{stage}.{column.name}", made_from, lambda _: (shares, []))


def test_run_table__figures_of_other_embeddings_are_left_out(tmp_path):
    place, column = place_in(tmp_path), column_of([0, 1, 1, 0], [0, 0, 1, 1], [0])
    save_figures(place, "knn", "these", column)
    save_figures(place, "lra", "others", column)
    notes = {"cleanlab": "no cleanlab"}
    table = module("cifar10_table")
    text = table.run_table(place, [column], {"width": 256}, {"embeddings": "these"}, notes)
    lines = text.splitlines()
    assert lines[0] == "Embeddings: width 256."
    assert lines[6] == "| given | | 50.0 | | | | |"
    assert lines[7] == "| 10-NN vote | 81.2 | 81.2 | 81.2 | | 0.0 | cpu |"
    assert "| cleanlab | not run: no cleanlab | | | | | |" in lines
    assert "| LRA-diffusion | not run | | | | | |" in lines
    assert {line.count("|") for line in lines if line.startswith("|")} == {8}
    found = json.loads((tmp_path / "results" / "cifar10.json").read_text())
    methods = found["columns"]["worse_label"]["methods"]
    assert methods["knn"]["test_accuracy"] == 0.8125
    assert methods["lra"] == {"not_run": ""}
    assert {"machine", "commit", "versions"} <= {*found}


# The whole


@pytest.mark.slow
def test_main__runs_without_what_a_gpu_machine_lacks_and_then_skips_all(
    tmp_path, monkeypatch, capsys
):
    write_data(tmp_path, 60, 12)
    out = tmp_path / "out"
    arguments = ["--data", tmp_path, "--out", out, "--images", 60, "--device", "cpu"]
    arguments += ["--backbone", "resnet10t", "--epochs", 1, "--batch-size", 30, "--width", 8]
    arguments += ["--labels", "worse_label"]
    arguments += ["--stage", "simclr", "embeddings", "baselines", "table"]
    command = [str(FOLDER / "cifar10.py"), *map(str, arguments)]
    script = (
        "import runpy, sys\n"
        f"sys.modules.update(dict.fromkeys({MISSING_THERE}))\n"
        f"sys.argv = {command}\n"
        f"sys.path.insert(0, {str(FOLDER)!r})\n"
        "runpy.run_path(sys.argv[0], run_name='__main__')\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "cleanlab: not run, there is no scikit-learn and no cleanlab" in done.stderr
    assert "| logistic regression | not run: no scikit-learn |" in done.stdout
    results = {path.name: path.stat().st_size for path in (out / "results").iterdir()}
    assert {*results} == {
        *("cifar10.json", "cifar10.md", "simclr.jsonl", "test-00000.npy", "train-00000.npy")
    }
    assert np.load(out / "results" / "train-00000.npy").shape == (60, 8)
    assert not list((out / "checkpoints").glob("*"))

    main = module("cifar10").main
    monkeypatch.setattr(sys, "argv", [arg for arg in command if arg != "baselines"])
    main()
    said = capsys.readouterr().err
    for stage in ("simclr", "embeddings"):
        assert f"{stage}: is there already" in said
    assert "begins" not in said

    monkeypatch.setattr(sys, "argv", [*command, "--epochs", "2", "--time-limit-s", "0"])
    with pytest.raises(SystemExit) as stopped:
        main()
    assert stopped.value.code == 3
    assert "stopped before simclr" in capsys.readouterr().err
