"""Corrections and noise matrices in notebooks and plots; user text is never read as markup."""

import sys

import matplotlib as mpl
import numpy as np
import pytest

import labelfix
from labelfix import LabelCorrections, NoiseMatrix
from labelfix.data.shares import WrongShare

mpl.use("Agg")
EVIL = "<script>alert(1)</script>"
NAN = float("nan")


def made(given, suggested, self_confidence, action, **more):
    """Corrections of a few rows."""
    rows = len(given)
    return LabelCorrections(
        label=np.array(
            [s if a == "relabel" else g for g, s, a in zip(given, suggested, action, strict=True)],
            dtype=object,
        ),
        given_label=np.array(given, dtype=object),
        suggested_label=np.array(suggested, dtype=object),
        confidence=np.full(rows, 0.9),
        self_confidence=np.array(self_confidence),
        neighbour_agreement=np.full(rows, 0.5),
        action=np.array(action, dtype=object),
        reason=np.full(rows, "", dtype=object),
        review_rank=np.zeros(rows, dtype=np.int64),
        second_label=np.full(rows, None, dtype=object),
        second_confidence=np.full(rows, NAN),
        question_value=np.full(rows, NAN),
        **more,
    )


@pytest.fixture
def found():
    return made(
        ["cat", "$dog$", EVIL, "cat"],
        ["cat", "cat", "$dog$", None],
        [0.98, 0.02, 0.4, NAN],
        ["keep", "relabel", "review", "quarantined"],
        wrong_share=WrongShare(rows=3, share=0.25, low=0.1, high=0.5),
        noise_matrix=NoiseMatrix(("cat", EVIL), np.array([[0.9, 0.1], [0.25, 0.75]])),
    )


def test_repr_html__of_corrections(found):
    html = found._repr_html_()
    assert "4 rows: 1 keep, 1 relabel, 1 review, 1 quarantined" in html
    assert "Estimated share of wrong labels: 25.0 % (95 % interval 10.0 % to 50.0 %)" in html
    assert html.index("<td>$dog$</td><td>cat</td><td>2.0 %</td>") < html.index("40.0 %")
    assert "<script" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html


def test_repr_html__a_long_label_is_cut(found):
    html = made(["x" * 500], ["a"], [0.1], ["review"])._repr_html_()
    assert "x" * 79 + "…" in html
    assert "x" * 80 not in html


def test_repr_html__at_most_ten_rows():
    html = made(["a"] * 30, ["b"] * 30, np.linspace(0, 0.4, 30), ["review"] * 30)._repr_html_()
    assert html.count("<tr>") == 1 + 10


def test_repr_html__of_a_noise_matrix(found):
    html = found.noise_matrix._repr_html_()
    assert "<td>cat</td><td>90.0 %</td><td>10.0 %</td>" in html
    assert "<script" not in html


def test_repr_html__of_many_classes_shows_the_noisiest():
    transition = np.eye(30)
    transition[[4, 28]] = 0.5 * (transition[[4, 28]] + transition[[28, 4]])
    html = NoiseMatrix(tuple(range(30)), transition)._repr_html_()
    assert "10 classes with less noise are not shown" in html
    assert "<td>28</td>" in html


def test_to_pandas__of_a_noise_matrix(found):
    table = found.noise_matrix.to_pandas()
    assert table.loc["cat", EVIL] == 0.1
    assert (table.index.name, table.columns.name) == ("true", "given")


def test_to_pandas__has_the_columns_of_corrections(found):
    assert list(found.to_pandas()) == list(found.columns())


def test_plot_confusion__counts_rows_by_given_and_suggested_label(found):
    ax = found.plot_confusion()
    names = [text.get_text() for text in ax.get_yticklabels()]
    assert names == sorted(["$dog$", EVIL, "cat"])
    counts = ax.images[0].get_array()
    assert counts[names.index("$dog$"), names.index("cat")] == 1
    assert counts.sum() == 2
    ax.figure.canvas.draw()  # a label is no formula
    mpl.pyplot.close(ax.figure)


def test_plot_confusion__nothing_confused():
    ax = made(["a", "b"], ["a", "b"], [0.9, 0.9], ["keep", "keep"]).plot_confusion()
    ax.figure.canvas.draw()
    assert [text.get_text() for text in ax.texts] == ["none"]
    mpl.pyplot.close(ax.figure)


def test_plot_confidence__by_action_on_the_axes_given(found):
    figure, ax = mpl.pyplot.subplots()
    assert found.plot_confidence(ax) is ax
    heights = sum(patch.get_height() for patch in ax.patches)
    assert heights == 3  # a quarantined row has no confidence
    assert [text.get_text() for text in ax.get_legend().get_texts()] == [
        "keep",
        "relabel",
        "review",
    ]
    mpl.pyplot.close(figure)


def test_plot__without_matplotlib(found, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    with pytest.raises(labelfix.MissingPackageError, match=r'pip install "labelfix\[plots\]"'):
        found.plot_confusion()
    with pytest.raises(ImportError, match="plots need matplotlib"):
        found.plot_confidence()
