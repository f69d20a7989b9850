"""`check`: whether a batch of annotations may be merged, and which rows are wrong and why."""

from collections.abc import Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from labelfix.data.share_text import percent
from labelfix.library.notebook_tables import as_table
from labelfix.library.progress_bar import shown
from labelfix.library.results import LabelCorrections
from labelfix.options.batch_options import EXPECTED_WRONG_RATE
from labelfix.options.embed_options import EmbedOptions
from labelfix.options.index_options import IndexOptions
from labelfix.options.manifest_options import ManifestOptions
from labelfix.options.relabel_options import RelabelOptions
from labelfix.options.rule_options import RuleOptions
from labelfix.options.threshold_options import Thresholds
from labelfix.options.train_options import TrainOptions
from labelfix.runtime.progress import Progress
from labelfix.runtime.threads import calm_threads

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from labelfix.check.verdict import Finding, Verdict

SHOWN = 20
"""Findings of a table in a notebook."""
COLUMNS = ("rule", "level", "row", "image", "given_label", "suggested_label", "message")
"""Of that table."""


OUTCOMES = {
    "passed": "The batch passes",
    "failed": "The batch does not pass",
    "cannot tell": "Cannot tell whether the batch passes",
}


@dataclass(frozen=True)
class CheckResult:
    """What a check comes to.

    Attributes:
        verdict: findings, thresholds and counts.
        corrections: a correction for each row of the batch.
    """

    verdict: "Verdict" = field(repr=False)
    corrections: LabelCorrections

    @property
    def passed(self) -> bool:
        """Whether the batch is over no threshold, as far as one can tell."""
        return self.verdict.passed

    @property
    def decision(self) -> str:
        """`passed`, `failed`, or `cannot tell` where the batch says too little to judge it."""
        return self.verdict.decision

    @property
    def findings(self) -> "tuple[Finding, ...]":
        """In the order of their rows, then of their rules."""
        return self.verdict.findings

    def to_pandas(self) -> "pd.DataFrame":
        """A row for each finding, a column for each of its fields."""
        import pandas as pd

        from labelfix.check.verdict import Finding

        names = [one.name for one in fields(Finding)]
        rows = [[getattr(finding, name) for name in names] for finding in self.findings]
        return pd.DataFrame(rows, columns=names)

    def _repr_html_(self) -> str:
        """The verdict, and the first findings."""
        verdict = self.verdict
        outcome = OUTCOMES[self.decision]
        summary = f"{outcome}: {len(self.findings):,} findings in {verdict.rows:,} rows"
        if verdict.wrong_share is not None:
            summary += f", about {percent(verdict.wrong_share.share)} of the labels wrong"
        reasons = "".join(f". {one.message.rstrip('.')}" for one in verdict.exceeded)
        reasons += "".join(f". {one.message}. Needed: {one.needed}" for one in verdict.undecided)
        rows = [[getattr(one, name) for name in COLUMNS] for one in self.findings[:SHOWN]]
        header = [name.replace("_", " ") for name in COLUMNS]
        return as_table(summary + reasons, header, rows)


def check(
    images: str | Path,
    manifest: str | Path | None = None,
    *,
    reference: str | Path | None = None,
    embeddings: Sequence[str | Path] = (),
    expected_wrong_rate: float = EXPECTED_WRONG_RATE,
    rules: RuleOptions | None = None,
    thresholds: Thresholds | None = None,
    encoder: str | Sequence[str] = EmbedOptions.encoder,
    device: str = EmbedOptions.device,
    fast: bool = TrainOptions.fast,
    seed: int = TrainOptions.seed,
    columns: ManifestOptions | None = None,
    audited: Sequence[str | Path] = (),
    workspace: str | Path | None = None,
    progress: Progress | bool | None = None,
) -> CheckResult:
    """Check a batch of annotations, as `labelfix check` does.

    Alone, the batch is embedded and denoisers are trained on it. With a reference, it is judged
    by a workspace that was trained before.

    Args:
        images: the image folder.
        manifest: the table of images and labels; None takes each folder below `images` for a
            class.
        reference: a trained workspace; encoder, `fast` and `seed` are then its own.
        embeddings: with a reference of precomputed vectors: the files of the batch's vectors.
        expected_wrong_rate: with a reference: the share of wrong labels to expect, in (0, 1).
        rules: which findings are made; None takes all rules as they are.
        thresholds: what a batch may have and still pass; None allows no error.
        encoder: KIND[:MODEL][@WEIGHTS], or several.
        device: `auto`, `cpu` or `cuda`.
        fast: smaller denoisers and fewer folds.
        seed: random seed.
        columns: how the manifest is read; None finds its columns by their usual names.
        audited: files of answers of persons.
        workspace: where the work is kept, so that the next call is fast; None keeps nothing.
        progress: as `LabelCleaner` has it.

    Raises:
        InputError: the images or the manifest are not usable, or no row can be checked.
        MissingStageError: the reference is not trained.
    """
    first, *more = [encoder] if isinstance(encoder, str) else encoder
    with calm_threads(), shown(progress) as listener, _folder(workspace) as folder:
        from labelfix.check.gate import Gate, pass_through
        from labelfix.data.records import Rerun
        from labelfix.data.workspace import locked, open_workspace
        from labelfix.judging.batch import BatchInputs
        from labelfix.judging.judge import judge_batch
        from labelfix.pipeline import PipelineOptions

        stages = PipelineOptions(
            embed=EmbedOptions(encoder=first, device=device, seed=seed, more_encoders=tuple(more)),
            index=IndexOptions(device=device),
            train=TrainOptions(seed=seed, device=device, fast=fast),
            relabel=RelabelOptions(device=device),
        )
        inputs = BatchInputs(
            images=Path(images),
            manifest=None if manifest is None else Path(manifest),
            embeddings=tuple(map(Path, embeddings)),
            options=columns or ManifestOptions(),
            split_column=(rules or RuleOptions()).split_column,
            audited=tuple(map(Path, audited)),
        )
        opened = open_workspace(folder)
        with locked(opened):
            batch = judge_batch(
                opened,
                inputs,
                stages,
                listener,
                Rerun(),
                reference=None if reference is None else Path(reference),
                expected_wrong_rate=expected_wrong_rate,
            )
        gate = Gate(rules=rules or RuleOptions(), thresholds=thresholds or Thresholds())
        verdict = pass_through(batch, gate, str(images)).verdict
    found = LabelCorrections.of(batch.corrections, batch.noise.class_names, batch.noise.transition)
    return CheckResult(verdict, found)


@contextmanager
def _folder(workspace: str | Path | None) -> "Iterator[Path]":
    """The workspace that was named, or one that is removed afterwards."""
    if workspace is not None:
        yield Path(workspace)
        return
    with TemporaryDirectory(prefix="labelfix-") as temporary:
        yield Path(temporary) / "workspace"
