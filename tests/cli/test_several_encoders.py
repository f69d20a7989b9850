"""`--encoder` given several times, by every command that embeds or judges."""

import json

import numpy as np
import pandas as pd
import pytest


@pytest.fixture
def vectors(project):
    """A second encoder's vectors of the images, which tell the classes apart."""
    truth = np.arange(36) % 3
    random = np.random.default_rng(1)
    np.save(project / "v.npy", np.eye(3)[truth] + 0.2 * random.normal(size=(36, 3)))
    return "precomputed:v.npy"


def record(project, artefact, workspace=".labelfix"):
    return json.loads((project / workspace / f"{artefact}.record.json").read_text("utf-8"))


@pytest.mark.slow
def test_run__second_encoder_beside_the_first(labelfix, project, vectors):
    command = ("run", "images", "manifest.csv", "--encoder", "hog", "--encoder", vectors)
    outcome = labelfix(*command, "--out", "both.csv", "--json")
    assert outcome.code == 0, outcome.stderr
    embed, index, train, _ = json.loads(outcome.stdout)["stages"]
    assert embed["options"]["encoder"] == ["hog", vectors]
    assert embed["details"]["encoder"] == f"hog + {vectors}"
    fingerprint = embed["details"]["fingerprint"]
    assert index["inputs"]["embeddings"] == train["inputs"]["embeddings"] == fingerprint
    assert "embeddings by hog: kept" in outcome.stderr
    fixed = pd.read_csv(project / "both.csv")
    assert (fixed["label"] == ["cat", "dog", "owl"] * 12).sum() >= 30  # as many as were given
    again = labelfix(*command, "--out", "again.csv")
    assert again.stderr.count("up to date, skipped") == 4
    assert (project / "again.csv").read_bytes() == (project / "both.csv").read_bytes()


def test_settings__a_list_of_encoders(labelfix, project, vectors):
    (project / "labelfix.toml").write_text(f'encoder = ["hog", "{vectors}"]\n', encoding="utf-8")
    assert labelfix("embed", "images", "manifest.csv").code == 0
    assert record(project, "embeddings")["options"]["encoder"] == ["hog", vectors]
    assert labelfix("embed", "images", "manifest.csv", "--encoder", "hog").code == 0
    assert record(project, "embeddings")["options"]["encoder"] == "hog"


def test_settings__no_encoder(labelfix, project):
    (project / "labelfix.toml").write_text("encoder = []\n", encoding="utf-8")
    outcome = labelfix("embed", "images", "manifest.csv", "--frozen")
    assert outcome.code == 2
    assert "encoder was hog, is clip:" in outcome.stderr  # as where nothing is said


@pytest.mark.slow
def test_new_images__brought_by_all_encoders(labelfix, project, vectors):
    encoders = ("--encoder", "hog", "--encoder", vectors)
    assert labelfix("run", "images", "manifest.csv", *encoders, "--out", "both.csv").code == 0
    new = ("--images", "images", "--manifest", "manifest.csv", "--out", "new.csv")
    missing = labelfix("relabel", *new)
    assert missing.code == 2
    assert "expected --embeddings FILE with the vectors of these images" in missing.stderr
    assert labelfix("relabel", *new, "--embeddings", "v.npy").code == 0
    assert record(project, "embeddings", ".labelfix/new")["details"]["dimension"] == 964 + 3
    assert len(pd.read_csv(project / "new.csv")) == 36


@pytest.mark.slow
def test_check__reference_of_several_encoders(labelfix, project, vectors):
    encoders = ("--encoder", "hog", "--encoder", vectors)
    assert labelfix("run", "images", "manifest.csv", *encoders, "--out", "both.csv").code == 0
    check = ("check", "images", "manifest.csv", "--reference", ".labelfix", "-w", "other")
    refused = labelfix(*check, *encoders)
    assert refused.code == 2
    assert "--encoder cannot be combined with --reference" in refused.stderr
    missing = labelfix(*check)
    assert missing.code == 2
    assert "expected --embeddings FILE with the vectors of these images" in missing.stderr
    assert "add --embeddings FILE" in missing.stderr
    outcome = labelfix(*check, "--embeddings", "v.npy", "--output-format", "json")
    assert outcome.code in (0, 1), outcome.stderr
    assert json.loads(outcome.stdout)
    assert record(project, "embeddings", "other/batch")["details"]["dimension"] == 964 + 3


@pytest.mark.slow
def test_check__alone_by_several_encoders(labelfix, project, vectors):
    encoders = ("--encoder", "hog", "--encoder", vectors)
    outcome = labelfix("check", "images", "manifest.csv", *encoders, "--fail-on", "never")
    assert outcome.code == 0, outcome.stderr
    assert record(project, "embeddings", ".labelfix-check")["details"]["dimension"] == 964 + 3
