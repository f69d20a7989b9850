"""`labelfix score` through the real command line."""

import json

import pytest

TRUTH = ("score", "fixed.csv", "truth.csv")


@pytest.fixture
def truth(project):
    rows = [f"{row:03d}.png,{label}" for row, label in enumerate(["cat", "dog", "owl"] * 12)]
    (project / "truth.csv").write_text("\n".join(["image,true_label", *rows]) + "\n")
    return project


def test_score__text_and_json_agree_with_the_report(labelfix, truth):
    found = json.loads(labelfix(*TRUTH, "--json").stdout)
    assert (found["rows_in"], found["rows"], found["wrong"]) == (36, 36, 6)
    assert found["right_before"] == pytest.approx(30 / 36, abs=1e-6)
    after = 30 + found["fixed"] - found["harmed"]
    assert found["right_after"] == pytest.approx(after / 36, abs=1e-6)
    outcome = labelfix(*TRUTH)
    assert (outcome.code, outcome.stderr) == (0, "")
    lines = outcome.stdout.splitlines()
    assert lines[2] == "right before          83.33%  30 rows"
    assert lines[3] == f"right after      {after / 36:>11.2%}  {after:,} rows"
    assert f"calibration error{found['calibration_error']:>11.4f}  of confidence" in lines
    assert sum(line.startswith(("cat", "dog", "owl")) for line in lines) == 3
    assert labelfix("report", "--out", "page.html", "--truth", "truth.csv").code == 0
    page = (truth / "page.html").read_text(encoding="utf-8")
    assert f'average precision</th><td class="number">{found["average_precision"]:.3f}<' in page
    assert f"{found['fixed']} of 6</td>" in page


def test_score__of_the_workspace_is_the_same(labelfix, truth):
    of_csv = json.loads(labelfix(*TRUTH, "--json").stdout)
    parquet = labelfix("score", ".labelfix/corrections.parquet", "truth.csv", "--json")
    assert {**json.loads(parquet.stdout), "corrected": "fixed.csv"} == of_csv


def test_score__of_some_rows(labelfix, truth):
    found = json.loads(labelfix(*TRUTH, "--only", "given_label=dog", "--json").stdout)
    assert (found["rows_in"], found["only"]) == (12, ["given_label=dog"])
    assert found["wrong"] == 3
    (truth / "truth.csv").write_text("image,answer\n000.png,cat\n001.png,dog\n")
    some = json.loads(labelfix(*TRUTH, "--truth-column", "answer", "--json").stdout)
    assert (some["rows_in"], some["rows"], some["wrong"]) == (36, 2, 1)
    none = labelfix(*TRUTH, "--truth-column", "answer", "--only", "image=002.png")
    assert none.code == 2
    assert "rows with a given and a true label among those of --only, found none" in none.stderr


def test_score__of_another_table(labelfix, truth):
    outcome = labelfix("score", "manifest.csv", "truth.csv")
    assert (outcome.code, outcome.stdout) == (2, "")
    assert "expected a table that labelfix has corrected" in outcome.stderr
