"""`labelfix bench` through the real command line."""

import json
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest

from labelfix.options.bench_options import BenchOptions
from labelfix.options.diffusion_options import DiffusionOptions

BENCH = ("bench", ".", "manifest.csv", "--encoder", "precomputed:vectors.npy")


FEW = {"vote_neighbours": (1, 10), "paper_neighbours": (5,), "ddim_steps": (2, 1)}


@pytest.fixture
def bench(labelfix, corrected_vectors, monkeypatch):
    for name, value in FEW.items():
        monkeypatch.setitem(BenchOptions.__init__.__kwdefaults__, name, value)
    monkeypatch.setitem(DiffusionOptions.__init__.__kwdefaults__, "batch_size", 64)
    return lambda *more: labelfix(*BENCH, *more)


@pytest.mark.slow
def test_bench__compares_says_what_to_take_and_goes_on(bench, tmp_path):
    outcome = bench()
    assert outcome.code == 0, outcome.stderr
    lines = outcome.stdout.splitlines()
    assert lines[0].startswith("rows that look right")
    assert lines[-1] == "written to .labelfix/bench/bench.json and .labelfix/bench/bench.svg"
    written = json.loads((tmp_path / ".labelfix" / "bench" / "bench.json").read_text())
    methods = {one["method"] for one in written["standings"]}
    assert {"given", "neighbours", "regression", "paper", "noise-aware"} <= methods
    right = [one["right"] for one in written["standings"]]
    assert right == sorted(right, reverse=True)
    (given,) = [one for one in written["standings"] if one["method"] == "given"]
    assert given["right"] == pytest.approx(1 - written["wrong"][0] / written["rows"], abs=1e-6)
    assert written["reused"] == 0
    assert ElementTree.parse(tmp_path / ".labelfix" / "bench" / "bench.svg").getroot() is not None

    kept = tmp_path / ".labelfix" / "bench" / "lines.json"
    finished = json.loads(kept.read_text())
    finished.pop(next(key for key, one in finished.items() if one["contestant"]["neighbours"] == 1))
    kept.write_text(json.dumps(finished))
    again = json.loads(bench("--json", "--out", "results").stdout)
    assert again["reused"] == len(finished)
    timeless = [{**one, "seconds": 0, "mib": 0} for one in written["standings"]]
    assert [{**one, "seconds": 0, "mib": 0} for one in again["standings"]] == timeless
    assert (tmp_path / "results" / "bench.svg").is_file()


@pytest.mark.slow
def test_bench__of_two_encoders(bench, tmp_path):
    vectors = np.load(tmp_path / "vectors.npy")
    np.save(tmp_path / "noise.npy", np.random.default_rng(0).normal(size=vectors.shape))
    found = json.loads(bench("--encoder", "precomputed:noise.npy", "--json").stdout)
    votes = {
        one["encoder"]: one["right"]
        for one in found["standings"]
        if (one["method"], one["neighbours"]) == ("neighbours", 10)
    }
    assert votes["precomputed:vectors.npy"] > votes["precomputed:noise.npy"] + 0.3
    twice = bench("--encoder", "precomputed:vectors.npy")
    assert twice.code == 2
    assert "expected different encoders" in twice.stderr


@pytest.mark.slow
def test_bench__too_few_rows(bench):
    outcome = bench("--rows", "10")
    assert (outcome.code, outcome.stdout) == (2, "")
    assert "--rows: expected at least 20" in outcome.stderr


@pytest.mark.slow
def test_bench__with_and_without_class_names(bench, tmp_path):
    vectors = np.load(tmp_path / "vectors.npy")
    labels = pd.read_csv(tmp_path / "manifest.csv")["label"]
    names = sorted(set(labels))
    means = np.array([vectors[(labels == name).to_numpy()].mean(axis=0) for name in names])
    pd.DataFrame({"label": names, "embedding": list(means)}).to_parquet(tmp_path / "names.parquet")
    np.save(tmp_path / "other.npy", vectors[:, ::-1])
    found = json.loads(
        bench(
            *("--encoder", "precomputed:other.npy", "--class-vectors", "names.parquet", "--json")
        ).stdout
    )
    reads = {
        one["encoder"]: one["right"] for one in found["standings"] if one["reads_names"] is True
    }
    assert list(reads) == ["precomputed:vectors.npy"]
    (without,) = [
        one["right"]
        for one in found["standings"]
        if (one["encoder"], one["method"], one["reads_names"])
        == ("precomputed:vectors.npy", "noise-aware", False)
    ]
    assert reads["precomputed:vectors.npy"] >= without - 0.01
