"""The options of `bench`: which methods are compared, on how many rows."""

from dataclasses import dataclass

from labelfix.option_checks import DEFAULT_SEED, check_device, check_least, check_seed


@dataclass(frozen=True)
class BenchOptions:
    """What is compared.

    Attributes:
        seed: of the rows that are chosen, of the noise that is put in, and of every training.
        device: `auto`, `cpu` or `cuda`.
        rows: that the methods are compared on, at most: some thousands tell half a point apart.
        draws: of the noise; each is corrected by every method.
        vote_neighbours: K of the neighbours' vote.
        paper_neighbours: K of the method `paper`.
        ddim_steps: denoising steps of the method `paper`, with the first `paper_neighbours`.
    """

    seed: int = DEFAULT_SEED
    device: str = "auto"
    rows: int = 3000
    draws: int = 1
    vote_neighbours: tuple[int, ...] = (1, 3, 10, 30, 100)
    paper_neighbours: tuple[int, ...] = (10, 1, 100)
    ddim_steps: tuple[int, ...] = (10, 1, 50)

    def __post_init__(self) -> None:
        check_device(self.device)
        check_seed(self.seed)
        check_least("--rows", self.rows, 20)


def full_bench(seed: int, device: str) -> BenchOptions:
    """More of everything, for about an hour instead of minutes."""
    return BenchOptions(
        seed,
        device,
        rows=10_000,
        draws=3,
        vote_neighbours=(1, 2, 3, 5, 10, 20, 30, 50, 100),
        paper_neighbours=(10, 1, 3, 5, 20, 50, 100),
        ddim_steps=(10, 1, 2, 5, 20, 50, 100),
    )
