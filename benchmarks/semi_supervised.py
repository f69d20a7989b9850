"""Semi-supervised rivals on embeddings, in compact form, each written from its paper's idea.

Every rival takes (N, D) float32 embeddings of length 1 and (N,) given classes, and says the (N,)
classes after. Papers train image networks on varied images; here all have the same head on frozen
embeddings, and noise on the embedding in the place of image variation. Those that part labels into
good and bad ones keep the good ones and replace the others; the others answer with their own
likeliest class. C classes, B rows of a batch.
"""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import torch
from label_heads import HeadRun, Step, noisy, train
from neighbour_methods import Classes, Vectors, nearest, votes
from scipy.sparse import csr_array
from simifeat import consensus, fit_noise, flag_lowest, wrong_shares
from torch import Tensor
from torch.nn import functional

NEIGHBOURS = 10
Numbers = npt.NDArray[np.float64]
Rival = Callable[[Vectors, Classes], Classes]

SPREAD, SPREAD_ROUNDS = 0.8, 30
"""Share of a row that comes from its neighbours, as scikit-learn has it; by 30 rounds of 0.8 what
is left of the start is 0.1 %."""

CONFIDENT, WEAK, STRONG = 0.95, 0.2, 0.6
"""FixMatch's threshold, and the length of the noise beside embeddings of length 1."""

ELR_MEMORY, ELR_STRENGTH = 0.7, 3.0
"""As published for CIFAR-10."""

AUM_PERCENTILE = 99
"""Of the margins of rows with a class that is not there; as published."""

WARM_UP = 5
"""Passes before labels are parted by their losses: a sixth of all, about as in DivideMix."""

MIX_SHAPE, SHARPNESS, UNLABELLED_WEIGHT = 4.0, 0.5, 25.0
"""DivideMix's Beta distribution, temperature and weight, as published for CIFAR-10."""

LEMON_POWER = 5.0
"""Of a distance: how much less a farther neighbour counts."""


def label_spreading(vectors: Vectors, given: Classes) -> Classes:
    """Labels that flow along the graph of nearest neighbours (Zhou et al., NeurIPS 2003)."""
    count, start = len(given), np.eye(given.max() + 1)[given]
    columns = nearest(vectors, NEIGHBOURS)
    rows = np.repeat(np.arange(count), columns.shape[1])
    graph = csr_array((np.ones(columns.size), (rows, columns.ravel())), shape=(count, count))
    graph = (graph + graph.T) / 2
    scale = 1 / np.sqrt(graph.sum(axis=1))
    found = start
    for _ in range(SPREAD_ROUNDS):
        found = SPREAD * scale[:, None] * (graph @ (scale[:, None] * found)) + (1 - SPREAD) * start
    return np.asarray(found.argmax(axis=1), dtype=np.int64)


def fixmatch_like(vectors: Vectors, given: Classes) -> Classes:
    """Labels of small loss teach; the others' rows learn their own sure guess under more noise.

    Sohn et al., FixMatch, NeurIPS 2020.
    """
    good = small_losses(_losses(train(vectors, given, passes=WARM_UP), given)) > 0.5
    trusted = torch.from_numpy(good)

    def loss(step: Step) -> Tensor:
        one = trusted[step.rows]
        guess = step.probabilities(noisy(step.vectors, WEAK, step.generator)).detach()
        sure = (guess.max(dim=1).values > CONFIDENT) & ~one
        weak = step.logits(noisy(step.vectors, WEAK, step.generator))
        strong = step.logits(noisy(step.vectors, STRONG, step.generator))
        on_good = functional.cross_entropy(weak, step.labels, reduction="none") * one
        on_guess = functional.cross_entropy(strong, guess.argmax(dim=1), reduction="none") * sure
        return (on_good + on_guess).mean()

    return np.where(good, given, train(vectors, given, loss).likeliest)


def early_learning(vectors: Vectors, given: Classes) -> Classes:
    """Early learning regularisation: predictions are held to their own running mean.

    Liu et al., NeurIPS 2020, equation 6.
    """
    memory = torch.zeros(len(given), int(given.max()) + 1)

    def loss(step: Step) -> Tensor:
        logits = step.logits(step.vectors)
        chances = functional.softmax(logits, dim=1).clamp(1e-4, 1 - 1e-4)
        now = (chances / chances.sum(dim=1, keepdim=True)).detach()
        memory[step.rows] = ELR_MEMORY * memory[step.rows] + (1 - ELR_MEMORY) * now
        held = (1 - (memory[step.rows] * chances).sum(dim=1)).log().mean()
        return functional.cross_entropy(logits, step.labels) + ELR_STRENGTH * held

    return train(vectors, given, loss).likeliest


def area_under_margin(vectors: Vectors, given: Classes) -> Classes:
    """Margins summed over training, below those of rows that get a class which is not there.

    Pleiss et al., NeurIPS 2020: two runs, so that every row keeps its own label in one of them.
    Labels that are flagged are replaced by what a head says that was trained on the others.
    """
    count, extra = len(given), int(given.max()) + 1
    share = count // (extra + 1)
    drawn = np.random.default_rng(0).permutation(count)
    flagged = np.zeros(count, dtype=bool)
    for seed, part in enumerate((drawn[:share], drawn[share : 2 * share])):
        labels = given.copy()
        labels[part] = extra
        margins = train(vectors, labels, seed=seed).margins
        low = margins <= np.percentile(margins[part], AUM_PERCENTILE)
        judged = drawn[:share] if seed else drawn[share:]
        flagged[judged] = low[judged]
    return _replaced(vectors, given, flagged)


def dividemix_like(vectors: Vectors, given: Classes) -> Classes:
    """Two heads part each other's labels by their losses, and learn from mixtures of rows.

    Li et al., DivideMix, ICLR 2020; the mixing is MixMatch's (Berthelot et al., NeurIPS 2019).
    """
    first = [train(vectors, given, passes=WARM_UP, seed=seed) for seed in range(2)]
    good = [small_losses(_losses(run, given)) for run in first]
    runs = [
        train(vectors, given, _mixed(good[1 - seed], first[1 - seed], given), seed=seed)
        for seed in range(2)
    ]
    chances = (runs[0].probabilities + runs[1].probabilities) / 2
    kept = small_losses(-np.log(chances[np.arange(len(given)), given] + 1e-12)) > 0.5
    return np.where(kept, given, chances.argmax(axis=1))


def _mixed(good: Numbers, other: HeadRun, given: Classes) -> Callable[[Step], Tensor]:
    """The loss of a head that mixes rows, by how good the other head takes their labels for.

    The papers take the guesses of both heads as they learn; here the other's are of its warm-up.
    """
    trust = torch.from_numpy(good).float()
    theirs = torch.from_numpy(other.probabilities).float()
    one_hot = functional.one_hot(torch.from_numpy(given), theirs.shape[1]).float()

    def loss(step: Step) -> Tensor:
        rows, generator = step.rows, step.generator
        seen = noisy(step.vectors, WEAK, generator)
        guess = (step.probabilities(seen).detach() + theirs[rows]) / 2
        sure = guess ** (1 / SHARPNESS)
        sure = sure / sure.sum(dim=1, keepdim=True)
        is_good = trust[rows] > 0.5
        weight = (trust[rows] * is_good)[:, None]
        target = weight * one_hot[rows] + (1 - weight) * sure
        partner = torch.randperm(len(rows), generator=generator)
        part = float(np.random.default_rng(int(rows[0])).beta(MIX_SHAPE, MIX_SHAPE))
        part = max(part, 1 - part)
        mixed = part * seen + (1 - part) * seen[partner]
        wanted = part * target + (1 - part) * target[partner]
        logits = step.logits(mixed)
        chances = functional.softmax(logits, dim=1)
        on_good = -(wanted * functional.log_softmax(logits, dim=1)).sum(dim=1) * is_good
        on_rest = ((chances - wanted) ** 2).mean(dim=1) * ~is_good
        ramp = UNLABELLED_WEIGHT * step.progress
        even = -chances.mean(dim=0).log().mean() - np.log(chances.shape[1])
        return (on_good + ramp * on_rest).mean() + even

    return loss


def neighbour_scores(vectors: Vectors, given: Classes) -> Classes:
    """Distances of labels among the neighbours, and of vectors among the rows of one label.

    After Zhang et al., LEMoN, 2024. It has a text tower for labels; here a label's place is the
    mean vector of its rows. How many labels of a class are bad is HOC's estimate, as SimiFeat's.
    """
    classes = int(given.max()) + 1
    places = np.array([vectors[given == one].mean(axis=0) for one in range(classes)])
    places /= np.linalg.norm(places, axis=1, keepdims=True)
    own = 1 - np.sum(vectors * places[given], axis=1)
    near = nearest(vectors, NEIGHBOURS)
    away = 1 - np.einsum("nd,nkd->nk", vectors, vectors[near])
    of_labels = 1 - places @ places.T
    weight = np.exp(-LEMON_POWER * (away + own[near]))
    by_images = (of_labels[given[:, None], given[near]] * weight).mean(axis=1)
    by_labels = np.empty(len(given))
    for one in range(classes):
        rows = np.flatnonzero(given == one)
        alike = nearest(vectors[rows], NEIGHBOURS)
        apart = 1 - np.einsum("nd,nkd->nk", vectors[rows], vectors[rows][alike])
        by_labels[rows] = (apart * np.exp(-LEMON_POWER * own[rows][alike])).mean(axis=1)
    score = sum((each - each.mean()) / each.std() for each in (own, by_images, by_labels))
    triples = given[np.column_stack([np.arange(len(near)), near[:, :2]])]
    noise = fit_noise(consensus(triples, classes))
    flagged = flag_lowest(-np.asarray(score), given, wrong_shares(noise, given))
    return np.where(flagged, votes(given[near], classes).argmax(axis=1), given)


def small_losses(losses: Numbers) -> Numbers:
    """(N,) how likely each loss is of the lower of two Gaussians (Arazo et al., ICML 2019)."""
    from sklearn.mixture import GaussianMixture

    scaled = ((losses - losses.min()) / (np.ptp(losses) + 1e-12)).reshape(-1, 1)
    mixture = GaussianMixture(2, reg_covar=5e-4, random_state=0).fit(scaled)
    found: Numbers = mixture.predict_proba(scaled)[:, mixture.means_.argmin()]
    return found


def _losses(run: HeadRun, given: Classes) -> Numbers:
    found: Numbers = -np.log(run.probabilities[np.arange(len(given)), given] + 1e-12)
    return found


def _replaced(vectors: Vectors, given: Classes, flagged: npt.NDArray[np.bool_]) -> Classes:
    """The labels that are flagged, as a head has them that learned from the others alone."""
    good = torch.from_numpy(~flagged)

    def loss(step: Step) -> Tensor:
        each = functional.cross_entropy(step.logits(step.vectors), step.labels, reduction="none")
        return (each * good[step.rows]).mean()

    return np.where(flagged, train(vectors, given, loss).likeliest, given)


RIVALS: dict[str, Rival] = {
    "label-spreading": label_spreading,
    "fixmatch-like": fixmatch_like,
    "elr": early_learning,
    "aum": area_under_margin,
    "dividemix-like": dividemix_like,
    "lemon-like": neighbour_scores,
}
"""Name to rival."""
