"""Weights from this machine: which file is meant, and which files are never opened."""

import pytest
from huggingface_hub import constants

from labelfix.encoders import weights
from labelfix.encoders.registry import EncoderName, EncoderSettings
from labelfix.encoders.weights import fingerprint, local_weights, prepare_download
from labelfix.errors import InputError

PREFERRED = "open_clip_model.safetensors"


def make_files(folder, *names):
    folder.mkdir(exist_ok=True)
    for name in names:
        (folder / name).write_text(name)
    return folder


def test_local_weights__file(tmp_path):
    make_files(tmp_path, "w.safetensors")
    assert local_weights(str(tmp_path / "w.safetensors")) == tmp_path / "w.safetensors"


def test_local_weights__in_the_home_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    make_files(tmp_path, "w.safetensors")
    assert local_weights("~/w.safetensors") == tmp_path / "w.safetensors"


@pytest.mark.parametrize(
    ("files", "chosen"),
    [
        (["w.safetensors"], "w.safetensors"),
        (["w.safetensors", "pytorch_model.bin", "config.json"], "w.safetensors"),
        (["model.safetensors", PREFERRED], PREFERRED),
    ],
)
def test_local_weights__folder(tmp_path, files, chosen):
    make_files(tmp_path, *files)
    assert local_weights(str(tmp_path)) == tmp_path / chosen


@pytest.mark.parametrize(
    ("files", "found"),
    [([], 0), (["open_clip_pytorch_model.bin"], 0), (["a.safetensors", "b.safetensors"], 2)],
)
def test_local_weights__folder_that_leaves_it_open(tmp_path, files, found):
    make_files(tmp_path, *files)
    with pytest.raises(InputError) as caught:
        local_weights(str(tmp_path))
    assert caught.value.message == (
        f"{tmp_path}: expected one .safetensors file in the folder, found {found}"
    )
    assert caught.value.hint == "Name the file itself after the @."


@pytest.mark.parametrize("tag", ["laion2b_s34b_b79k", "openai", "a1_in1k"])
def test_local_weights__tag(tag, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert local_weights(tag) is None


@pytest.mark.parametrize("name", ["w.safetensors", "w.pt", "models/w", "/w"])
def test_local_weights__no_such_file(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError) as caught:
        local_weights(name)
    assert caught.value.message == f"expected weights at {name}, found no file"


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("w.pt", ".pt"),
        ("w.PTH", ".PTH"),
        ("w.bin", ".bin"),
        ("w.ckpt", ".ckpt"),
        ("w.pkl", ".pkl"),
        ("w.npz", ".npz"),
        ("w.SafeTensors", ".SafeTensors"),
        ("weights", "another file"),
    ],
)
def test_local_weights__other_files_are_refused(tmp_path, name, found):
    make_files(tmp_path, name)
    with pytest.raises(InputError) as caught:
        local_weights(str(tmp_path / name))
    assert caught.value.message == (
        f"{tmp_path / name}: expected weights as .safetensors, found {found}; "
        "a pickled file can run any code when it is loaded, so it was not opened"
    )


def test_fingerprint__of_bytes_not_of_places(tmp_path):
    one, other, changed = (
        make_files(tmp_path / name, "w.safetensors") for name in ("one", "other", "changed")
    )
    (changed / "w.safetensors").write_text("W.safetensors")
    found = [
        fingerprint(EncoderName("timm", "m", str(path)), EncoderSettings(), "timm")
        for path in (one, other, one / "w.safetensors", changed)
    ]
    assert len(set(found[:3])) == 1
    assert found[3] != found[0]


def test_fingerprint__all_that_the_vectors_depend_on(tmp_path, monkeypatch):
    folder = make_files(tmp_path, "w.safetensors", "open_clip_config.json")
    settings = EncoderSettings()
    name = EncoderName("clip", "m", str(folder))
    found = [
        fingerprint(name, settings, "timm"),
        fingerprint(name, EncoderSettings(precision="bfloat16"), "timm"),
        fingerprint(EncoderName("clip", "n", str(folder)), settings, "timm"),
        fingerprint(EncoderName("timm", "m", str(folder)), settings, "timm"),
        fingerprint(EncoderName("clip", "m", "a_tag"), settings, "timm"),
        fingerprint(EncoderName("clip", "m", "b_tag"), settings, "timm"),
    ]
    (folder / "open_clip_config.json").write_text("{}")
    found.append(fingerprint(name, settings, "timm"))
    for package in ("timm", "torch", "torchvision", "pillow"):
        with monkeypatch.context() as patched:
            newer = {package: "999"}
            patched.setattr(weights, "version", lambda name, newer=newer: newer.get(name, "1"))
            found.append(fingerprint(name, settings, "timm"))
    assert len(set(found)) == len(found)


def test_fingerprint__does_not_depend_on_the_device(tmp_path):
    """The device has its own place among the options of the stage."""
    name = EncoderName("clip", "m", str(make_files(tmp_path, "w.safetensors")))
    settings = [EncoderSettings(device=device) for device in ("cpu", "cuda")]
    assert len({fingerprint(name, setting, "timm") for setting in settings}) == 1


@pytest.mark.parametrize(
    ("offline", "proxies", "asked"),
    [(True, {}, False), (False, {"https": "proxy"}, False), (False, {}, True)],
)
def test_prepare_download__asks_for_the_hub_only_where_that_says_something(
    monkeypatch, offline, proxies, asked
):
    questions = []

    def no_network(*question):
        questions.append(question)
        raise OSError("Name or service not known")

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", offline)
    monkeypatch.setattr(weights, "getproxies", lambda: proxies)
    monkeypatch.setattr(weights.socket, "getaddrinfo", no_network)
    prepare_download()
    assert bool(questions) == asked
    assert bool(constants.HF_HUB_OFFLINE) == (offline or asked)
