"""`check`: the verdict of the command, as an object."""

import inspect
import subprocess
import sys
from collections import Counter

import pytest

import labelfix
from labelfix import CheckResult, InputError, ManifestOptions, RuleOptions, Thresholds
from labelfix.library import batch_check

pytestmark = pytest.mark.slow
LABELS = ["bark", "moss", "sand"] * 12


@pytest.fixture(scope="module")
def data(tmp_path_factory, write_images):
    root = tmp_path_factory.mktemp("check")
    manifest = write_images(root, LABELS, wrong={4: "<b>bark</b>", 9: "moss"})
    return root / "images", manifest


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    return tmp_path_factory.mktemp("work") / "ws"


@pytest.fixture(scope="module")
def result(data, workspace):
    return batch_check.check(
        *data, encoder="hog", device="cpu", workspace=workspace, progress=False
    )


def test_check__finds_the_wrong_label(result):
    assert isinstance(result, CheckResult)
    assert not result.passed
    assert 10 in {finding.row for finding in result.findings}
    assert len(result.corrections) == 36
    assert result.corrections.noise_matrix.class_names == ("<b>bark</b>", "bark", "moss", "sand")


def test_to_pandas__a_row_for_each_finding(result):
    table = result.to_pandas()
    assert len(table) == len(result.findings)
    assert Counter(table["rule"]) == result.verdict.counts
    assert table.loc[table["row"] == 10, "given_label"].iloc[0] == "moss"


def test_repr_html__the_verdict_and_escaped_findings(result):
    html = result._repr_html_()
    assert "The batch does not pass" in html
    assert "<b>" not in html
    assert "&lt;b&gt;bark&lt;/b&gt;" in html


def test_check__thresholds_and_rules(data, workspace):
    found = batch_check.check(
        *data,
        encoder="hog",
        device="cpu",
        workspace=workspace,
        rules=RuleOptions(ignore=frozenset({"wrong-label"})),
        thresholds=Thresholds(fail_on="never"),
        progress=False,
    )
    assert found.passed
    assert "wrong-label" not in found.verdict.counts


def test_check__against_a_reference(data, workspace, result):
    found = batch_check.check(*data, reference=workspace, device="cpu", progress=False)
    assert 10 in {finding.row for finding in found.findings}
    assert sorted(path.name for path in workspace.parent.iterdir()) == ["ws"]


def test_check__nothing_to_check(tmp_path):
    with pytest.raises(InputError):
        batch_check.check(tmp_path, encoder="hog", progress=False)


@pytest.mark.parametrize("first", ["", "import labelfix.check.gate", "import labelfix.cli.app"])
def test_labelfix_check__is_a_function_and_a_package_in_any_order(first, tmp_path):
    code = f"""
import labelfix
{first}
from labelfix import InputError
try:
    labelfix.check({str(tmp_path)!r}, encoder="hog", progress=False)
except InputError:
    pass
import labelfix.check.verdict
assert labelfix.check.verdict.Finding.__name__ == "Finding"
assert callable(labelfix.check)
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_labelfix_check__has_the_signature(result):
    assert inspect.signature(labelfix.check) == inspect.signature(batch_check.check)


def test_check__a_missing_image_is_a_finding_however_the_manifest_is_read(
    data, result, workspace, tmp_path
):
    images, manifest = data
    batch = tmp_path / "batch.csv"
    batch.write_text(manifest.read_text("utf-8") + "gone.png,moss\n", encoding="utf-8")
    found = batch_check.check(
        images, batch, reference=workspace, columns=ManifestOptions(), progress=False
    )
    assert [one.image for one in found.findings if one.rule == "missing-file"] == ["gone.png"]
