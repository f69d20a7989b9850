"""What several test files share: small images, a tiny CLIP, and the command line in-process."""

import json
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"  # no test may reach for the network
os.environ.setdefault("OMP_NUM_THREADS", "1")  # two processes of tests share the cores
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # on busy cores, waiting threads must not spin

import numpy as np
import pytest
from hypothesis import HealthCheck, settings
from PIL import Image

from labelfix.cli import app
from labelfix.data.manifest_inputs import EmbedInputs
from labelfix.data.records import Rerun
from labelfix.data.workspace import Workspace, open_workspace
from labelfix.embedding.stage import run_embed
from labelfix.options.embed_options import EmbedOptions
from labelfix.options.manifest_options import ManifestOptions

settings.register_profile(
    "labelfix",
    derandomize=True,  # the same examples on every machine
    database=None,
    deadline=None,  # a busy machine is no failure
    max_examples=25,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
settings.load_profile("labelfix")


@dataclass
class Listener:
    """A Progress that keeps what it was told."""

    said: list[str] = field(default_factory=list)
    begun: list[tuple[str, int, int]] = field(default_factory=list)
    advanced: int = 0

    def begin(self, doing: str, total: int, unit: str, done: int = 0) -> None:
        self.begun.append((doing, total, done))

    def advance(self, count: int, note: str = "") -> None:
        self.advanced += count

    def say(self, text: str) -> None:
        self.said.append(text)

    @property
    def notes(self) -> list[str]:
        """What was said, without the words before a training: how much it is, how long it takes."""
        before = r"Training .* pass(es)? over |About .* for the rest of the training"
        return [text for text in self.said if not re.match(before, text)]


@dataclass(frozen=True)
class Outcome:
    """How a command ended."""

    code: int
    stdout: str
    stderr: str


@pytest.fixture(autouse=True, scope="session")
def hasty_files() -> Iterator[None]:
    """Nobody cuts the power: files need not reach the disk before a test goes on."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda descriptor: None)
        yield


@pytest.fixture
def listener() -> Listener:
    return Listener()


@pytest.fixture
def labelfix(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Outcome]:
    """Run the real command line in this process, in a folder of its own."""
    import signal

    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LABELFIX_WORKSPACE", raising=False)
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setattr(signal, "signal", lambda *_: None)  # pytest keeps its own Ctrl-C
    monkeypatch.setattr(app.logging, "disable", lambda *_: None)

    def run(*arguments: object) -> Outcome:
        capsys.readouterr()
        with pytest.raises(SystemExit) as ending:
            app.main([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        code = ending.value.code
        assert isinstance(code, int) or code is None
        return Outcome(code or 0, captured.out, captured.err)

    return run


@pytest.fixture(name="write_images", scope="session")
def give_write_images() -> Callable[..., Path]:
    return write_images


def write_images(
    folder: Path, labels: list[str], seed: int = 0, wrong: dict[int, str] | None = None
) -> Path:
    """Images whose colour and stripes tell their class, and a manifest beside the folder.

    Args:
        folder: where `images/` and `manifest.csv` go.
        labels: the true label of each image, which decides how it looks.
        seed: of the noise in the pixels.
        wrong: labels to write instead of the true ones, by row.

    Returns:
        The manifest.
    """
    random = np.random.default_rng(seed)
    kinds = sorted(set(labels))
    (folder / "images").mkdir(parents=True)
    rows = ["image,label"]
    for row, label in enumerate(labels):
        kind = kinds.index(label)
        pixels = random.integers(0, 40, (24, 24, 3))
        pixels[:, :: kind + 2] += 100
        pixels[..., kind % 3] += 80
        Image.fromarray(pixels.astype(np.uint8)).save(folder / "images" / f"{row:03d}.png")
        rows.append(f"{row:03d}.png,{(wrong or {}).get(row, label)}")
    manifest = folder / "manifest.csv"
    manifest.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return manifest


@dataclass(frozen=True)
class Clusters:
    """Points in well separated clusters; `given` is the truth but for a share of the rows."""

    vectors: np.ndarray  # (N, 16) float32
    truth: np.ndarray  # (N,) int64
    given: np.ndarray  # (N,) int64


@pytest.fixture(scope="session")
def clusters() -> Callable[..., Clusters]:
    """Make clusters: how many points, of how many classes, what share of them wrong."""

    def make(count: int, classes: int, *, wrong_share: float = 0.0, seed: int = 0) -> Clusters:
        random = np.random.default_rng(seed)
        centres = random.normal(size=(classes, 16))
        truth = np.arange(count) % classes
        vectors = centres[truth] + 0.3 * random.normal(size=(count, 16))
        given = truth.copy()
        wrong = random.choice(count, round(wrong_share * count), replace=False)
        given[wrong] = (truth[wrong] + random.integers(1, classes, len(wrong))) % classes
        return Clusters(vectors.astype(np.float32), truth, given)

    return make


@pytest.fixture
def embed_vectors(tmp_path: Path, listener: Listener) -> Callable[..., Workspace]:
    """Embed given vectors in the workspace of a test's folder, with a manifest of their labels."""

    def embed(vectors: np.ndarray, labels: list[str], **options: str) -> Workspace:
        rows = [f"{row:03d}.png,{label}" for row, label in enumerate(labels)]
        manifest = tmp_path / "manifest.csv"
        manifest.write_text("\n".join(["image,label", *rows]) + "\n", encoding="utf-8")
        np.save(tmp_path / "vectors.npy", vectors)
        workspace = open_workspace(tmp_path / ".labelfix")
        inputs = EmbedInputs(images=tmp_path, manifest=manifest, options=ManifestOptions(**options))
        encoder = EmbedOptions(encoder=f"precomputed:{tmp_path / 'vectors.npy'}", device="cpu")
        run_embed(workspace, inputs, encoder, listener, Rerun())
        return workspace

    return embed


@pytest.fixture(scope="session")
def tiny_clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a small random CLIP: safetensors and the config that open_clip reads."""
    import open_clip
    import torch
    from safetensors.torch import save_file

    config = {
        "embed_dim": 16,
        "vision_cfg": {
            "image_size": 32,
            "layers": 2,
            "width": 32,
            "head_width": 16,
            "patch_size": 8,
        },
        "text_cfg": {
            "context_length": 8,
            "vocab_size": 64,
            "width": 16,
            "heads": 2,
            "layers": 1,
        },
    }
    folder = tmp_path_factory.mktemp("tiny_clip")
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = open_clip.CLIP(**config)
    save_file(
        {name: tensor.contiguous() for name, tensor in model.state_dict().items()},
        folder / "open_clip_model.safetensors",
    )
    preprocessing = {
        "mean": [0.48, 0.46, 0.41],
        "std": [0.27, 0.26, 0.28],
        "interpolation": "bicubic",
        "resize_mode": "shortest",
    }
    (folder / "open_clip_config.json").write_text(
        json.dumps({"model_cfg": config, "preprocess_cfg": preprocessing}), encoding="utf-8"
    )
    return folder
