"""Class vectors in the embed stage: what they are made of, kept, and made again."""

import json
import shutil

import numpy as np
import open_clip
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from safetensors.torch import save_file

from labelfix.data.class_vectors import load_class_vectors
from labelfix.data.records import Rerun
from labelfix.data.workspace import open_workspace
from labelfix.embedding.class_names import ClassNames
from labelfix.encoders.registry import EncoderName, EncoderSettings
from labelfix.errors import InputError, WorkspaceError
from labelfix.options.embed_options import EmbedOptions

NAMES = ["cat", "sea_lion"]


@pytest.fixture
def keep(tmp_path, listener):
    """Have class vectors in a workspace; options of the embed stage by name."""
    workspace = open_workspace(tmp_path / "w")

    def run(name, *, classes=NAMES, dimension=16, frozen=False, **options):
        made = ClassNames(classes, [name], EncoderSettings(), EmbedOptions(**options))
        made.keep(workspace, [dimension], listener, Rerun(frozen=frozen))
        return load_class_vectors(workspace.class_vectors, classes)

    return run


@pytest.fixture(scope="session")
def reading_clip(tiny_clip, tmp_path_factory):
    """A small random CLIP that reads all tokens of open_clip's tokenizer."""
    folder = shutil.copytree(tiny_clip, tmp_path_factory.mktemp("clip") / "reading")
    config = json.loads((folder / "open_clip_config.json").read_text())
    config["model_cfg"]["text_cfg"]["vocab_size"] = 49408
    (folder / "open_clip_config.json").write_text(json.dumps(config))
    state = open_clip.CLIP(**config["model_cfg"]).state_dict()
    tensors = {name: tensor.contiguous() for name, tensor in state.items()}
    save_file(tensors, folder / "open_clip_model.safetensors")
    return EncoderName("clip", "", str(folder))


def by_hand(encoder, texts):
    model, _, _ = open_clip.create_model_and_transforms(f"local-dir:{encoder.weights}")
    tokens = open_clip.get_tokenizer(f"local-dir:{encoder.weights}")(texts)
    return model.eval().encode_text(tokens, normalize=True).detach().numpy()


def test_keep__labels_in_every_template(keep, reading_clip):
    found = keep(reading_clip)
    expected = by_hand(
        reading_clip, [fill("sea lion") for fill in open_clip.OPENAI_IMAGENET_TEMPLATES]
    ).mean(axis=0)
    np.testing.assert_allclose(found[1], expected / np.linalg.norm(expected), atol=1e-4)
    assert not np.allclose(found[0], found[1], atol=1e-3)


def test_keep__whole_prompts_as_they_are(keep, reading_clip, tmp_path):
    file = tmp_path / "prompts.csv"
    file.write_text("label,prompt\ncat,a tabby\nsea_lion,a seal on ice\n")
    found = keep(reading_clip, prompts=str(file))
    np.testing.assert_allclose(
        found, by_hand(reading_clip, ["a tabby", "a seal on ice"]), atol=1e-4
    )


def test_keep__none_and_encoders_without_text(keep, reading_clip, listener):
    assert keep(reading_clip) is not None
    assert keep(reading_clip, prompts="none") is None
    assert keep(EncoderName("hog"), encoder="hog") is None
    assert listener.said == []


def test_keep__only_what_has_changed_is_read_again(keep, reading_clip, listener):
    first = keep(reading_clip)
    listener.begun.clear()
    assert np.array_equal(keep(reading_clip), first)
    assert listener.begun == []
    with pytest.raises(WorkspaceError, match=r"--frozen: .*classes changed"):
        keep(reading_clip, classes=["cat", "dog"], frozen=True)
    assert keep(reading_clip, classes=["cat", "dog"]) is not None
    assert listener.begun == [("reading class names", 2, 0)]


def test_keep__a_text_tower_that_cannot_be_had(keep, tiny_clip, listener, tmp_path):
    """Told of where nobody asked for it by name, and refused where somebody did."""
    encoder = EncoderName("clip", "", str(tiny_clip))
    assert keep(encoder) is None
    assert listener.said[-1].startswith("class names are not used: expected a text tower")
    file = tmp_path / "prompts.csv"
    file.write_text("label,name\ncat,cat\nsea_lion,seal\n")
    with pytest.raises(InputError, match="expected a text tower"):
        keep(encoder, prompts=str(file))


def test_class_names__refused_before_any_work(keep, tmp_path):
    hog = EncoderName("hog")
    with pytest.raises(InputError, match=r"expected --encoder clip, .* found --encoder hog"):
        keep(hog, prompts="prompts.csv")
    with pytest.raises(InputError, match="class_vectors cannot be combined with prompts"):
        EmbedOptions(prompts="prompts.csv", class_vectors=tmp_path / "x.parquet")
    file = tmp_path / "classes.parquet"
    pq.write_table(pa.table({"label": NAMES, "embedding": [[1.0, 0.0], [0.0, 1.0]]}), file)
    assert keep(hog, class_vectors=file, dimension=2).tolist() == [[1, 0], [0, 1]]
    with pytest.raises(InputError, match=r"expected an array of shape \(2, 16\)"):
        keep(hog, class_vectors=file)
