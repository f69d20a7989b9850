"""The decisions of a workspace as labels to learn from, and what is said of them."""

from collections.abc import Sequence

from labelfix.data.decision_store import read_decisions
from labelfix.data.decisions import UsedDecisions, used_decisions
from labelfix.data.workspace import Workspace
from labelfix.embedding.image_hashes import file_hashes
from labelfix.runtime.progress import Progress


def workspace_decisions(workspace: Workspace, images: Sequence[str]) -> UsedDecisions | None:
    """The decisions of a workspace on its embedded images; None if nobody has decided."""
    if not workspace.decisions.exists():
        return None
    decided = read_decisions(workspace.decisions)
    return used_decisions(decided, zip(images, file_hashes(workspace), strict=True))


def say_decisions(used: UsedDecisions | None, progress: Progress) -> None:
    """Report how many decisions are used, and why others are not."""
    if used is None:
        return
    left_out = {
        "on which reviewers differ": used.unsettled,
        "whose images have changed": used.changed,
        "on images that are not here": used.unknown,
    }
    because = [f"{number:,} {why}" for why, number in left_out.items() if number]
    number = len(used.audits)
    progress.say(
        f"{number:,} decision{'s' * (number != 1)} of the review used as verified labels"
        + (f"; left out: {', '.join(because)}" if because else "")
    )
