"""Class vectors for a workspace: by the encoder's text tower, or out of the user's file."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from labelfix.data import names, records
from labelfix.data.class_vectors import placed_class_vectors, read_class_vectors, save_class_vectors
from labelfix.data.records import RowCounts
from labelfix.data.stage import Rerun, StagePlan
from labelfix.data.workspace import Workspace
from labelfix.encoders.available import encoder_fingerprint, has_text, make_text_encoder
from labelfix.encoders.encoder import EncoderName, EncoderSettings
from labelfix.encoders.prompts import (
    AUTO,
    NONE,
    ClassTexts,
    read_prompts,
    texts_of_labels,
    unknown_ids,
)
from labelfix.errors import InputError, LabelfixError
from labelfix.options.embed_options import EmbedOptions
from labelfix.runtime.progress import Progress


class ClassNames:
    """The classes of a run, and how vectors are made of them; what is wrong is told at once.

    Args:
        class_names: C labels, sorted.
        encoders: one or several; the first that has a text tower reads names.
        settings: how they run.
        options: with prompts and class vectors.

    Raises:
        InputError: the file of prompts or of vectors is not usable, or no encoder reads text.
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
        """Have the class vectors in the workspace; none where there is nothing to make them of.

        Args:
            workspace: open and locked.
            dimensions: D of the images' embeddings by each encoder.
            progress: is told of the work, and why labels alone count where a text tower of
                `--prompts auto` cannot be had.
            rerun: what to do with class vectors that are there already.

        Raises:
            InputError: vectors of another dimension, or that are not finite.
            WeightsUnavailableError: the text tower for a file of prompts cannot be had.
            WorkspaceError: frozen, and the class vectors there are others.
        """
        target = workspace.class_vectors
        if self._texts is None and self._vectors is None:
            _remove(target)
            return
        plan = StagePlan(
            "class names", target, {"vectors": self._vectors is not None}, self._inputs(dimensions)
        )
        if plan.up_to_date(rerun, progress) is not None:
            return
        try:
            vectors = self._make(dimensions, progress)
        except LabelfixError as error:
            if not self._is_auto or self._vectors is not None:
                raise
            _remove(target)
            progress.say(f"class names are not read: {error.message}")
            return
        save_class_vectors(target, self._class_names, vectors)
        counts = RowCounts(len(vectors), len(vectors))
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
                f"class names: no name is known for {len(unknown)} WordNet ids, which are read as "
                f"they stand: {names.listed(unknown)}; --prompts FILE gives them names"
            )
        made = make_text_encoder(self._name, self._settings).class_vectors(texts, progress)
        source = f"the text tower of {self._name}"
        return placed_class_vectors(source, made, self._class_names, dimensions, self._view)


def _remove(target: Path) -> None:
    records.record_path(target).unlink(missing_ok=True)
    target.unlink(missing_ok=True)
