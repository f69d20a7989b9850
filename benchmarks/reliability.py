"""The reliability diagram: is a label with 80 % confidence right 4 times in 5?"""

from pathlib import Path

from quality_figures import Bin, calibration_error

STYLES = {
    "logistic_regression": ("#8a8a8a", "^"),
    "cleanlab": ("#d1603d", "s"),
    "labelfix": ("#0b6e99", "o"),
}
"""The methods in it, the last on top; colour and marker differ: it can be read in grey."""

LARGEST_MARKER = 500
"""Points², of a bin with all rows."""

SMALLEST_MARKER = 9

ENDS = (-0.03, 1.03)
"""Of both axes: a marker at 1 is seen whole."""


def draw(path: Path, panels: dict[str, dict[str, list[Bin]]]) -> None:
    """Write a PNG with one panel for each column of given labels, from its methods' bins."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(
        1,
        len(panels),
        figsize=(3.7 * len(panels) + 0.4, 5),
        sharey=True,
        squeeze=False,
        layout="constrained",
    )
    for axis, (title, methods) in zip(axes[0], panels.items(), strict=True):
        axis.plot([0, 1], [0, 1], color="#bbbbbb", linewidth=1, zorder=1)
        for name in (name for name in STYLES if name in methods):
            colour, marker = STYLES[name]
            bins = methods[name]
            rows = sum(each.rows for each in bins)
            x = [each.confidence for each in bins]
            y = [each.right for each in bins]
            sizes = [max(SMALLEST_MARKER, LARGEST_MARKER * each.rows / rows) for each in bins]
            label = f"{name.replace('_', ' ')}, error {calibration_error(bins):.3f}"
            axis.plot(x, y, color=colour, linewidth=1.2, alpha=0.7, zorder=2)
            axis.scatter(x, y, s=sizes, color=colour, marker=marker, alpha=0.85, zorder=3)
            axis.plot([], [], color=colour, marker=marker, markersize=5, label=label)
        axis.set(xlim=ENDS, ylim=ENDS, box_aspect=1, xlabel="confidence in the label after")
        axis.set_title(title, fontsize=11, loc="left")
        axis.grid(color="#eeeeee", linewidth=0.8)
        axis.set_axisbelow(True)
        axis.tick_params(length=0, labelsize=8, colors="#444444")
        axis.spines[["top", "right", "left", "bottom"]].set_visible(False)
        axis.legend(
            title="size of a mark: share of the rows",
            loc="upper center",
            bbox_to_anchor=(0.5, -0.14),
            fontsize=8,
            title_fontsize=8,
            frameon=False,
        )
    axes[0][0].set_ylabel("share of these labels that is right")
    figure.savefig(path, dpi=160, bbox_inches="tight")
    pyplot.close(figure)
