"""What persons have decided in `labelfix review`, as proposals with their reviewers and times."""

from collections.abc import Iterator, Mapping

from labelfix.data import embeddings
from labelfix.data.decision_store import read_decisions
from labelfix.data.decisions import Decision, disagreements, settled, used_decisions
from labelfix.data.manifest import Manifest
from labelfix.data.workspace import Workspace
from labelfix.embedding.image_hashes import file_hashes
from labelfix.patches.proposals import Answer, Author, Proposed, proposals_of_answers

DISAGREE = "reviewers disagree"


def proposals_of_decisions(
    opened: Manifest, workspace: Workspace, author: Author, written_as: Mapping[str, str]
) -> Proposed:
    """What the reviewers of a workspace have settled; where they differ, the row is open.

    Args:
        opened: the manifest to be patched.
        workspace: with a file of decisions and finished embeddings.
        author: None takes the reviewer of each decision, and the reviewer's own words.
        written_as: how the manifest writes each image file.

    Raises:
        WorkspaceError: the file of decisions or the embeddings are damaged.
        MissingStageError: nothing is embedded.
    """
    decisions = read_decisions(workspace.decisions)
    images = embeddings.load_image_names(workspace.embeddings)
    hashes = dict(zip(images, file_hashes(workspace), strict=True))
    used = used_decisions(decisions, hashes.items())
    answers = _answers(used.audits.answers, settled(decisions), hashes, author, written_as)
    found = proposals_of_answers(opened, answers, str(workspace.decisions))
    differing = {written_as.get(image, image) for image in disagreements(decisions)}
    rows = [row for row, image in enumerate(opened.written_images()) if image in differing]
    return Proposed(
        proposals=found.proposals,
        open_rows=found.open_rows | dict.fromkeys(rows, DISAGREE),
        unmatched=found.unmatched + used.changed + used.unknown,
    )


def _answers(
    answers: Mapping[str, str],
    decided: list[Decision],
    hashes: Mapping[str, str],
    author: Author,
    written_as: Mapping[str, str],
) -> Iterator[Answer]:
    """The answer about each image, with the decision that it is from."""
    by_name = {one.image: one for one in decided}
    by_content = {one.content_hash: one for one in decided if one.content_hash}
    for image, label in answers.items():
        one = by_name.get(image)
        if one is None or not _is_about(one, hashes[image]):
            one = by_content[hashes[image]]  # the image was renamed since
        yield Answer(
            image=written_as.get(image, image),
            label=label,
            seen=one.given_label,
            row=None,
            who=author.name(one.reviewer),
            when=one.decided_at,
            why=author.reason(one.reason or f"decided in {one.source}"),
        )


def _is_about(one: Decision, content_hash: str) -> bool:
    """Whether a decision is about an image of its name with this content."""
    return not content_hash or one.content_hash in ("", content_hash)
