"""Class vectors of a workspace: from the encoder's text tower, or from the user's file."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from labelfix.data import names, records
from labelfix.data.class_vectors import placed_class_vectors, read_class_vectors, save_class_vectors
from labelfix.data.records import Rerun, RowCounts, StagePlan
from labelfix.data.workspace import Workspace
from labelfix.encoders.prompts import (
    AUTO,
    NONE,
    ClassTexts,
    read_prompts,
    texts_of_labels,
    unknown_ids,
)
from labelfix.encoders.registry import (
    EncoderName,
    EncoderSettings,
    encoder_fingerprint,
    has_text,
    make_text_encoder,
)
from labelfix.errors import InputError, LabelfixError
from labelfix.options.embed_options import EmbedOptions
from labelfix.runtime.progress import Progress


class ClassNames:
    """The classes of a run and how their vectors are made; errors are raised at once.

    Args:
        class_names: C labels, sorted.
        encoders: one or several; the first with a text tower reads class names.
        settings: how encoders run.
        options: hold the prompts and class vectors.

    Raises:
        InputError: the file of prompts or vectors is unusable, or no encoder reads text.
    """

    def __init__(
        self,
        class_names: Sequence[str],
        encoders: Sequence[EncoderName],
        settings: EncoderSettings,
        options: EmbedOptions,
    ) -> None:
        self._class_names, self._settings = class_names, settings
        self._view = next((at for at, one in enumerate(encoders) if has_text(one)), 0)
        self._name = name = encoders[self._view]
        self._is_auto = options.prompts == AUTO
        self._file: Path | None = None
        self._texts: list[ClassTexts] | None = None
        self._vectors: npt.NDArray[np.generic] | None = None
        if options.class_vectors is not None:
            self._file = Path(options.class_vectors)
            self._vectors = read_class_vectors(self._file, class_names)
        elif options.prompts not in (AUTO, NONE):
            if not has_text(name):
                raise InputError(
                    f"--prompts {options.prompts}: expected --encoder clip, which reads text, "
                    f"found --encoder "
                    f"{', '.join(one.kind for one in encoders)}, which does not",
                    "Leave --prompts out, or give vectors for the classes: --class-vectors FILE.",
                )
            self._file = Path(options.prompts)
            self._texts = read_prompts(self._file, class_names)
        elif self._is_auto and has_text(name):
            self._texts = texts_of_labels(class_names)

    def keep(
        self, workspace: Workspace, dimensions: Sequence[int], progress: Progress, rerun: Rerun
    ) -> None:
        """Make the class vectors in the workspace, or remove them if there is nothing to make.

        Args:
            workspace: open and locked.
            dimensions: D of each encoder's embeddings.
            progress: reports progress, and why class names are not read if the text tower of
                `--prompts auto` is unavailable.
            rerun: what to do with existing class vectors.

        Raises:
            InputError: vectors of the wrong dimension, or not finite.
            WeightsUnavailableError: the text tower for a file of prompts is unavailable.
            WorkspaceError: frozen, and the class vectors differ.
        """
        target = workspace.class_vectors
        if self._texts is None and self._vectors is None:
            _remove(target)
            return
        plan = StagePlan(
            stage="class names",
            artefact=target,
            options={"vectors": self._vectors is not None},
            inputs=self._inputs(dimensions),
        )
        if plan.up_to_date(rerun, progress) is not None:
            return
        try:
            vectors = self._make(dimensions, progress)
        except LabelfixError as error:
            if not self._is_auto or self._vectors is not None:
                raise
            _remove(target)
            progress.say(f"class names are not used: {error.message}")
            return
        save_class_vectors(target, self._class_names, vectors)
        counts = RowCounts(rows_in=len(vectors), used=len(vectors))
        plan.finish([target], counts, device=self._settings.device)

    def _inputs(self, dimensions: Sequence[int]) -> dict[str, str]:
        beside = dimensions[0] if len(dimensions) == 1 else list(dimensions)
        inputs = {"classes": records.fingerprint([list(self._class_names), beside])}
        if self._file is not None:
            inputs["file"] = records.fingerprint_file(self._file)
        if self._vectors is None:
            inputs["encoder"] = encoder_fingerprint(self._name, self._settings)
        return inputs

    def _make(self, dimensions: Sequence[int], progress: Progress) -> npt.NDArray[np.float32]:
        if self._vectors is not None:
            source = f"--class-vectors {self._file}"
            return placed_class_vectors(source, self._vectors, self._class_names, dimensions)
        texts = self._texts or []
        unknown = unknown_ids(texts)
        if unknown:
            progress.say(
                f"class names: {len(unknown)} WordNet ids have no known name and are read as ids: "
                f"{names.listed(unknown)}; --prompts FILE gives them names"
            )
        made = make_text_encoder(self._name, self._settings).class_vectors(texts, progress)
        source = f"the text tower of {self._name}"
        return placed_class_vectors(source, made, self._class_names, dimensions, self._view)


def _remove(target: Path) -> None:
    records.record_path(target).unlink(missing_ok=True)
    target.unlink(missing_ok=True)
