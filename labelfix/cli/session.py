"""What every command does around its stage: open and lock the workspace, show the outcome."""

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from labelfix.cli import console
from labelfix.data.names import plain
from labelfix.options.workspace_options import WorkspaceOptions, named_workspace

if TYPE_CHECKING:
    from labelfix.data.corrections import Corrections
    from labelfix.data.records import StageResult
    from labelfix.data.workspace import Workspace

CONFUSIONS_SHOWN = 5
ROW_COUNTS = (
    "rows",
    "kept",
    "relabelled",
    "for_review",
    "predicted",
    "verified",
    "quarantined",
)
"""What is counted in a summary, in this order."""


@dataclass
class Session:
    """One command at work on a workspace."""

    workspace: "Workspace"
    progress: console.Reporter
    as_json: bool
    is_quiet: bool = False
    results: list["StageResult"] = field(default_factory=list)

    def done(self, result: "StageResult") -> None:
        """Keep the result of a stage that has ended, and say how it went."""
        self.progress.close()
        self.results.append(result)
        record = result.record
        how = "up to date, skipped" if result.skipped else f"done in {record.seconds:,.1f} s"
        self.progress.say(f"{record.stage:<8}{how}: {_outcome(result)}")
        self.progress.wait("preparing the next step")

    def print_stage(self) -> None:
        """The outcome of a command that runs one stage, on stdout."""
        self.progress.close()
        result = self.results[-1]
        if self.as_json:
            console.print_json({**asdict(result.record), "artefact": str(result.artefact)})
        else:
            console.print_result(str(result.artefact))

    def print_corrections(self, corrections: "Corrections", out: Path) -> None:
        """The summary of corrected labels, on stdout."""
        from labelfix.check.label_counts import count_labels
        from labelfix.data.share_text import estimate
        from labelfix.data.shares import share_from_json

        self.progress.close()
        summary = _summary(corrections, out, self.results[-1])
        if self.as_json:
            stages = [asdict(result.record) for result in self.results]
            console.print_json({**summary, "stages": stages})
            return
        for name in ROW_COUNTS:
            if name in ("predicted", "verified") and not summary[name]:
                continue  # only with new images, and only with answers of people
            console.print_result(f"{name.replace('_', ' '):<12}{summary[name]:>10,}")
        if wrong := summary["wrong_share"]:
            console.print_result(f"{estimate(share_from_json(wrong))}.")
            console.print_result(str(count_labels(corrections)))
            for note in _notes(summary, named_workspace(self.workspace.root)):
                console.print_result(note)
        if text := summary.get("text"):
            console.print_result(text_note(text))
        if summary["confusions"]:
            console.print_result("most common confusions (given -> suggested, rows)")
        width = max((len(_arrow(row)) for row in summary["confusions"]), default=0)
        for row in summary["confusions"]:
            console.print_result(f"  {_arrow(row):<{width}}{row['rows']:>8,}")
        console.print_result(f"written to {plain(out)}")


@contextlib.contextmanager
def working(work: WorkspaceOptions, *, begins: bool = False) -> Iterator[Session]:
    """Open and lock the workspace for one command; make it where the command `begins` one."""
    progress = console.Reporter(quiet=work.quiet)
    progress.wait("starting")  # before what is slow to load
    try:
        from labelfix.data.workspace import check_there, locked, open_workspace

        if not begins:
            check_there(work.workspace)
        opened = open_workspace(work.workspace)
        with locked(opened):
            yield Session(opened, progress, work.as_json, work.quiet)
    finally:
        progress.close()


def _outcome(result: "StageResult") -> str:
    """What a stage has made, in a few words."""
    record, details = result.record, result.record.details
    match record.stage:
        case "embed":
            lost = details["images_quarantined"]
            more = f", {lost:,} quarantined" if lost else ""
            return (
                f"{details['images']:,} images{more}, {details['dimension']:,} values each, "
                f"{details['encoder']}, {details['precision']}"
            )
        case "index":
            recall = "" if details["exact"] else f", recall {details['recall']:.3f} against exact"
            return f"{details['neighbours']} neighbours each, {details['engine']} search{recall}"
        case "train":
            if "steps" in details:
                best = ""
                if "best_step" in details:
                    best = (
                        f"; best after step {details['best_step']:,}, where it agrees with "
                        f"{details['held_out_agreement']:.1%} of {details['held_out']:,} labels "
                        "held out"
                    )
                return f"{details['steps']:,} steps, loss {details['loss']:.4f}{best}"
            return (
                f"{details['folds']} folds, "
                f"about {100 * details['believed_noise']:.0f} % wrong labels assumed"
            )
        case _:
            return f"{record.rows.used:,} of {record.rows.rows_in:,} rows"


def _summary(corrections: "Corrections", out: Path, result: "StageResult") -> dict[str, Any]:
    from labelfix.check.label_counts import count_labels
    from labelfix.data.corrections import KEEP, PREDICT, QUARANTINED, RELABEL, REVIEW, VERIFIED

    details = result.record.details
    return {
        "rows": len(corrections),
        "kept": corrections.count(KEEP),
        "relabelled": corrections.count(RELABEL),
        "for_review": corrections.count(REVIEW),
        "predicted": corrections.count(PREDICT),
        "verified": corrections.count(VERIFIED),
        "quarantined": corrections.count(QUARANTINED),
        "labels": count_labels(corrections).as_json(),
        "wrong_share": details.get("wrong_share"),
        "all_right": details.get("all_right"),
        "outlook": details.get("outlook"),
        "encoder": details.get("encoder"),
        "audited_rows": details.get("audited_rows", 0),
        **({"text": details["text"]} if "text" in details else {}),
        "confusions": [
            {"given": given, "suggested": suggested, "rows": rows}
            for given, suggested, rows in corrections.commonest_confusions(CONFUSIONS_SHOWN)
        ],
        "out": str(out),
    }


def _notes(summary: dict[str, Any], workspace: str) -> list[str]:
    """Notes about the estimated share of wrong labels."""
    from labelfix.noise.encoder_strength import strength_from_json
    from labelfix.noise.outlook import notes, outlook_from_json

    outlook = outlook_from_json(summary["outlook"])
    encoder = strength_from_json(summary["encoder"])
    return notes(summary["all_right"], outlook, summary["audited_rows"], encoder, plain(workspace))


def text_note(text: Mapping[str, Any]) -> str:
    """What class names contribute, in one line."""
    if not any(text["weights"]):
        return "class names: the labels do not support them; they are not used"
    return f"class names: expected to fix about {text['expected_more_right']:,.0f} more labels"


def _arrow(row: dict[str, Any]) -> str:
    return f"{plain(row['given'])} -> {plain(row['suggested'])}"
