"""Decides which spellings of a label are one class: by the letters, and by the images."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt

from labelfix.data import embeddings, manifest, names, neighbours
from labelfix.data.image_labels import join
from labelfix.data.label_classes import LabelClasses, kept_label_map, save_label_classes
from labelfix.data.label_plurals import plural_pairs
from labelfix.data.label_spelling import SpellingForms
from labelfix.data.label_typos import typos_of
from labelfix.data.workspace import Workspace
from labelfix.noise.spelling_evidence import (
    evidence_for_two,
    nearest_label_share,
    recognised_share,
    usual_share,
)
from labelfix.runtime.progress import Progress

SAME_WORD = float(np.log(99))
"""Log odds, before any image is seen, that two spellings of one form, or a singular and its
plural, are one class. A typo has even odds, and its images must look like those of the other."""

TYPO_SHARE = 0.1
"""Rows of a typo at most, as a share of the label's; more than without images to look at."""

MOSTLY = 0.5
"""A typo joins a label that more than this share of its images is most like."""


@dataclass(frozen=True)
class LabelledVectors:
    """The images of a data set with the labels as they are written.

    Attributes:
        labels: (N,) int64, the label of each image, as a position in `written`.
        written: the labels, sorted.
        load_vectors: gives the (N, D) embeddings; called only where spellings must be compared.
        load_neighbours: gives (N, K) the most similar images.
    """

    labels: npt.NDArray[np.int64] = field(repr=False)
    written: Sequence[str]
    load_vectors: Callable[[], npt.NDArray[np.float32]] = field(repr=False)
    load_neighbours: Callable[[], npt.NDArray[np.int64]] = field(repr=False)

    @cached_property
    def vectors(self) -> npt.NDArray[np.float32]:
        """(N, D) of length 1."""
        return self.load_vectors()

    @cached_property
    def neighbours(self) -> npt.NDArray[np.int64]:
        """(N, K)."""
        return self.load_neighbours()

    def rows_of(self, labels: Iterable[str]) -> npt.NDArray[np.int64]:
        """The images with one of some labels."""
        position = {label: place for place, label in enumerate(self.written)}
        chosen = [position[label] for label in labels if label in position]
        return np.flatnonzero(np.isin(self.labels, chosen))


def decide_label_classes(workspace: Workspace, progress: Progress) -> LabelClasses:
    """Decide which labels are one class, keep it in the workspace and say it.

    Args:
        workspace: with embeddings and neighbours, open and locked.
        progress: where the decision is said, in one line.

    Raises:
        MissingStageError: embeddings or neighbours are missing.
    """
    by_hand = kept_label_map(workspace)
    opened = LabelClasses(by_hand=by_hand).read(manifest.load_manifest(workspace.manifest))
    images = embeddings.load_image_names(workspace.embeddings)
    joined = join(opened, images)
    labelled = LabelledVectors(
        joined.labels,
        joined.class_names,
        lambda: embeddings.load_embeddings(workspace.embeddings).vectors,
        lambda: neighbours.load_neighbours(workspace.neighbours).indices,
    )
    counts = Counter(label for label in opened.given_labels if label.strip())
    classes = spelling_classes(counts, labelled, by_hand)
    save_label_classes(workspace.label_classes, classes)
    said = words_for(classes, counts)
    if said:
        progress.say(said)
    return classes


def spelling_classes(
    counts: Mapping[str, int],
    labelled: LabelledVectors,
    by_hand: Mapping[str, str] | None = None,
) -> LabelClasses:
    """The class of each label.

    Labels of one form, and a plural and its singular, are one class, unless their images are told
    apart nearly as well as those of other classes. A typo is of the class that it looks like.

    Args:
        counts: how many rows each label has.
        labelled: the images.
        by_hand: the user's label map, already carried out in `counts`; a label that is mapped to
            itself stays a class.
    """
    by_hand = by_hand or {}
    decision = _Decision(counts, labelled, {one for one, to in by_hand.items() if one == to})
    decision.join_forms()
    decision.join_pairs()
    by_spelling = decision.by_spelling()
    if len({by_spelling.get(label, label) for label in counts}) < 2:  # nothing would be left
        return LabelClasses(by_hand=by_hand)
    return LabelClasses(by_spelling=by_spelling, by_hand=by_hand, apart=tuple(decision.apart))


class _Decision:
    """The labels of a data set, joined to classes step by step."""

    def __init__(
        self, counts: Mapping[str, int], labelled: LabelledVectors, held: set[str]
    ) -> None:
        self.counts, self.labelled, self.held = counts, labelled, held
        forms = SpellingForms(counts)
        self.groups: dict[str, list[str]] = {}
        for label in sorted(counts, key=self._standing):
            self.groups.setdefault(forms.form(label) or label, []).append(label)
        of_forms = {
            form: sum(counts[label] for label in labels) for form, labels in self.groups.items()
        }
        typos = typos_of(of_forms, of_forms, TYPO_SHARE)
        self.plurals = plural_pairs(of_forms)
        self.pairs = [*self.plurals, *sorted(typos.items())]
        self.members: dict[str, list[str]] = {label: [label] for label in counts}
        self.apart: list[tuple[str, str]] = []

    def _standing(self, label: str) -> tuple[int, bool, str]:
        """The spelling to keep comes first: a common, tidy one."""
        return -self.counts[label], label != " ".join(label.split()), label

    def join_forms(self) -> None:
        """Join the labels of each form that the images do not tell apart."""
        for labels in self.groups.values():
            classes = labels[:1]
            for label in labels[1:]:
                least, best = min((self._evidence(label, other), other) for other in classes)
                if least <= SAME_WORD and label not in self.held:
                    self._join(label, best)
                else:
                    self.apart += [(other, label) for other in classes]
                    classes.append(label)

    def join_pairs(self) -> None:
        """Join plurals that are not told apart, and typos to the label that they look like."""
        for one, other in self.pairs:
            classes = [self._class_of_form(form) for form in (one, other)]
            if None in classes or classes[0] == classes[1]:
                continue
            common, rare = sorted(map(str, classes), key=self._size, reverse=True)
            if rare in self.held:
                continue
            is_plural = (one, other) in self.plurals
            may_join = is_plural or self._looks_like(rare, common)
            most = SAME_WORD if is_plural else 0.0
            if may_join and self._evidence(rare, common) <= most:
                self._join(rare, common)

    def by_spelling(self) -> dict[str, str]:
        """Label to class, of labels that are not their class's name."""
        return {
            label: name
            for name, labels in sorted(self.members.items())
            for label in labels
            if label != name
        }

    def _join(self, label: str, name: str) -> None:
        self.members[name] += self.members.pop(label)

    def _class_of_form(self, form: str) -> str | None:
        """The class of a form's labels; None where they are several."""
        found = {
            name
            for name, labels in self.members.items()
            if not set(labels).isdisjoint(self.groups[form])
        }
        return found.pop() if len(found) == 1 else None

    def _size(self, name: str) -> tuple[int, str]:
        return sum(self.counts[label] for label in self.members[name]), name

    def _evidence(self, label: str, other: str) -> float:
        """How much the images speak for two classes; 0 where there are too few."""
        rows = [self.labelled.rows_of(self.members[each]) for each in (label, other)]
        if min(map(len, rows)) < 2:
            return 0.0
        vectors = self.labelled.vectors
        share, judged = recognised_share(vectors[rows[0]], vectors[rows[1]])
        return evidence_for_two(share, judged, usual_share(vectors, self._others, judged))

    @cached_property
    def _others(self) -> list[npt.NDArray[np.int64]]:
        """The images of each class, where every doubtful spelling counts as the same."""
        root = {form: form for form in self.groups}
        for one, other in self.pairs:
            old, new = root[one], root[other]
            root = {form: new if of == old else of for form, of in root.items()}
        labels_of: dict[str, list[str]] = {}
        for form, labels in self.groups.items():
            labels_of.setdefault(root[form], []).extend(labels)
        return [self.labelled.rows_of(labels) for _, labels in sorted(labels_of.items())]

    def _looks_like(self, rare: str, common: str) -> bool:
        """Whether the neighbours of a label's images mostly have a certain other label."""
        number = {
            label: place for place, labels in enumerate(self.members.values()) for label in labels
        }
        of_written = np.array([number.get(label, -1) for label in self.labelled.written])
        labels = np.where(self.labelled.labels >= 0, of_written[self.labelled.labels], -1)
        share = nearest_label_share(
            np.flatnonzero(labels == number[rare]),
            self.labelled.neighbours,
            labels,
            number[rare],
            number[common],
        )
        return share > MOSTLY


NAMED = 5
"""Classes whose spellings a line names."""


def words_for(classes: LabelClasses, counts: Mapping[str, int]) -> str:
    """What was decided about spellings, in one line; empty where nothing was."""
    said = []
    spelled: dict[str, list[str]] = {}
    for label, name in classes.by_spelling.items():
        if label in counts:
            spelled.setdefault(name, []).append(label)
    if spelled:
        rows = sum(counts[label] for labels in spelled.values() for label in labels)
        shown = [f"{names.listed(sorted(labels))} as {name!r}" for name, labels in spelled.items()][
            :NAMED
        ]
        more = len(spelled) - len(shown)
        said.append(
            f"{rows:,} label{'s are' if rows > 1 else ' is'} another spelling and read as the "
            f"commonest: {'; '.join(shown)}{f' and {more} more classes' if more else ''}. "
            "What is written is kept; --merge-spellings rewrites it."
        )
    if classes.apart:
        shown = [f"{one!r} and {other!r}" for one, other in classes.apart[:NAMED]]
        said.append(
            f"{'; '.join(shown)} stay different classes, because their images differ; "
            "--label-map FILE joins them."
        )
    return " ".join(said)
