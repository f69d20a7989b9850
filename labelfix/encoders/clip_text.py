"""CLIP's text tower: a vector for each class, out of what there is to read of it."""

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from labelfix.encoders.prompts import ClassTexts
from labelfix.errors import InputError
from labelfix.runtime.progress import Progress

TEXTS_AT_ONCE = 256


class ClipText:
    """Texts and classes as vectors beside those of the image tower.

    Args:
        forward: (n, L) tokens to (n, D).
        tokenizer: texts to (n, L) tokens.
        device: `cpu` or `cuda`.
    """

    def __init__(
        self,
        forward: Callable[[Tensor], Tensor],
        tokenizer: Callable[[list[str]], Tensor],
        device: str,
    ) -> None:
        self._forward, self._tokenizer = forward, tokenizer
        self._device = torch.device(device)

    def class_vectors(
        self, classes: Sequence[ClassTexts], progress: Progress
    ) -> npt.NDArray[np.float32]:
        """(C, D) a vector of length 1 for each class.

        The mean of the vectors of its names and prompts; a name's is the mean over open_clip's
        templates for ImageNet (Radford et al., ICML 2021, part 3.1.4).

        Args:
            classes: C of them, each with a text at least.
            progress: is told of every class.

        Raises:
            InputError: the tokenizer is another model's.
        """
        from open_clip import OPENAI_IMAGENET_TEMPLATES as TEMPLATES

        progress.begin("reading class names", len(classes), "classes")
        vectors = []
        for texts in classes:
            means = [self._mean([fill(name) for fill in TEMPLATES]) for name in texts.names]
            means += [self._mean([prompt]) for prompt in texts.prompts]
            vectors.append(_unit(np.mean(means, axis=0, keepdims=True))[0])
            progress.advance(1)
        return np.stack(vectors).astype(np.float32)

    def _mean(self, texts: list[str]) -> npt.NDArray[np.float64]:
        """(D,) the mean vector of some texts, of length 1."""
        found = []
        with torch.inference_mode():
            for start in range(0, len(texts), TEXTS_AT_ONCE):
                tokens = self._tokenizer(texts[start : start + TEXTS_AT_ONCE])
                try:
                    vectors = self._forward(tokens.to(self._device))
                except (IndexError, RuntimeError) as error:
                    raise InputError(
                        f"expected a text tower that reads {texts[0]!r}, found one that does not "
                        f"fit its tokenizer ({type(error).__name__})",
                        "Switch it off with --prompts none.",
                    ) from error
                found.append(vectors.float().cpu().numpy())
        each = _unit(np.concatenate(found).astype(np.float64))
        mean: npt.NDArray[np.float64] = _unit(each.mean(axis=0, keepdims=True))[0]
        return mean


def _unit(vectors: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    scaled: npt.NDArray[np.float64] = vectors / np.maximum(length, 1e-12)
    return scaled
