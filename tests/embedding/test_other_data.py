"""A workspace is of one data set."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from labelfix.data.manifest_inputs import EmbedInputs
from labelfix.data.records import Rerun
from labelfix.data.workspace import Workspace, locked, open_workspace
from labelfix.embedding.stage import run_embed
from labelfix.errors import WorkspaceError
from labelfix.options.embed_options import EmbedOptions
from labelfix.runtime.progress import Silent

LABELS = ["cat", "dog"] * 5


@pytest.fixture
def here(tmp_path, write_images, monkeypatch) -> Path:
    """A folder with ten images in `images`, their manifest, and a workspace that has them."""
    monkeypatch.chdir(tmp_path)
    write_images(tmp_path, LABELS)
    embed("images", "manifest.csv")
    return tmp_path


def embed(images: str, table: str | None, rerun: Rerun | None = None, **options) -> Workspace:
    """Embed a data set in `.labelfix`."""
    workspace = open_workspace(Path(".labelfix"))
    inputs = EmbedInputs(images=Path(images), manifest=None if table is None else Path(table))
    encoder = EmbedOptions(encoder="hog")
    with locked(workspace):
        run_embed(workspace, inputs, encoder, Silent(), rerun or Rerun(), **options)
    return workspace


def snapshot(folder: Path) -> dict[str, bytes]:
    """Every file of the workspace but the lock."""
    paths = sorted((folder / ".labelfix").rglob("*"))
    return {str(one): one.read_bytes() for one in paths if one.is_file() and one.name != "lock"}


@pytest.fixture
def other(here, write_images) -> Path:
    """Other images in `other/images` with the names of those in `images`."""
    write_images(here / "other", ["elk", "owl"] * 5)
    for image in (here / "other" / "images").iterdir():
        image.write_bytes(image.read_bytes() + b"\0")  # other bytes, still an image
    return here / "other"


def test_run_embed__another_data_set_is_refused_and_nothing_changed(here, other):
    before = snapshot(here)
    with pytest.raises(WorkspaceError) as refused:
        embed("other/images", "other/manifest.csv")
    message = str(refused.value)
    assert message.startswith(
        "the workspace .labelfix holds another data set: expected most of its 10 images of "
        f"{here / 'images'}, listed in manifest.csv, found none of them among the "
        "10 images of other/images, listed in other/manifest.csv"
    )
    assert "--workspace" in refused.value.hint
    assert "--force" in refused.value.hint
    assert snapshot(here) == before


def test_run_embed__force_replaces_it(here, other):
    workspace = embed("other/images", "other/manifest.csv", Rerun(force=True))
    assert "owl" in str(workspace.manifest.read_bytes())
    embed("other/images", "other/manifest.csv")  # now it is this one
    with pytest.raises(WorkspaceError, match="another data set"):
        embed("images", "manifest.csv")


def test_run_embed__what_may_hold_any_data(here, other):
    embed("other/images", "other/manifest.csv", any_data=True)


def rows_of(here: Path) -> list[str]:
    return (here / "manifest.csv").read_text().splitlines()


def test_run_embed__same_images_with_other_labels(here):
    rows = [row.replace("cat", "lynx") for row in rows_of(here)]
    (here / "corrected.csv").write_text("\n".join(rows) + "\n")
    embed("images", "corrected.csv")


def test_run_embed__a_part_and_then_the_whole_again(here):
    (here / "part.csv").write_text("\n".join(rows_of(here)[:4]) + "\n")
    embed("images", "part.csv")
    embed("images", "manifest.csv")


@pytest.mark.parametrize(("shared", "is_refused"), [(5, False), (4, True)])
def test_run_embed__half_of_the_images_are_enough(here, other, shared, is_refused):
    for name in sorted(image.name for image in (here / "images").iterdir())[:shared]:
        shutil.copy2(here / "images" / name, here / "other" / "images" / name)
    if is_refused:
        with pytest.raises(WorkspaceError, match="found about 4 of them"):
            embed("other/images", "other/manifest.csv")
    else:
        embed("other/images", "other/manifest.csv")


def test_run_embed__a_data_set_that_has_moved(here):
    shutil.move(here / "images", here / "moved")
    embed("moved", "manifest.csv")


def test_run_embed__the_same_images_below_other_names(here):
    """A folder of classes of the images that a manifest had listed."""
    for row in rows_of(here)[1:]:
        image, label = row.split(",")[:2]
        (here / "classes" / label).mkdir(parents=True, exist_ok=True)
        shutil.copy(here / "images" / image, here / "classes" / label / f"copy-{image}")
    embed("classes", None)


def test_run_embed__images_changed_in_place(here):
    for image in (here / "images").iterdir():
        image.write_bytes(image.read_bytes() + b"\0")
    embed("images", "manifest.csv")


def test_run_embed__an_interrupted_or_damaged_workspace_is_of_no_data_set(here, other):
    (here / ".labelfix" / "manifest.parquet").write_bytes(b"torn")
    embed("other/images", "other/manifest.csv")


def test_run_embed__vectors_are_known_by_their_names(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    for name, first in (("a", 0), ("b", 0), ("c", 100)):
        np.save(f"{name}.npy", rng.normal(size=(6, 4)).astype(np.float32))
        rows = [f"{first + row}.png,{'xy'[row % 2]}" for row in range(6)]
        Path(f"{name}.csv").write_text("\n".join(["image,label", *rows]) + "\n")
    Path("other").mkdir()

    def embed_vectors(name: str, folder: str) -> None:
        workspace = open_workspace(Path(".labelfix"))
        inputs = EmbedInputs(images=Path(folder), manifest=Path(f"{name}.csv"))
        options = EmbedOptions(encoder=f"precomputed:{name}.npy")
        with locked(workspace):
            run_embed(workspace, inputs, options, Silent(), Rerun())

    embed_vectors("a", ".")
    embed_vectors("b", "other")
    with pytest.raises(WorkspaceError, match="another data set"):
        embed_vectors("c", ".")
