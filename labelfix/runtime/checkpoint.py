"""What a killed training resumes from: its checkpoint and the lines of its reports.

A checkpoint is one safetensors file with weights, optimiser and step; reports are JSON lines.
"""

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from labelfix.runtime import atomic

if TYPE_CHECKING:  # torch takes over a second, and a training that is up to date needs none
    import torch
    from _typeshed import DataclassInstance
    from torch import Tensor, nn


@dataclass(frozen=True)
class Checkpoints:
    """Checkpoints of one training in one file, or in one file for each of its parts.

    Attributes:
        path: the file.
        key: fingerprint of everything that the weights depend on; a file with another key is
            ignored.
    """

    path: Path
    key: str

    def part(self, name: str) -> "Checkpoints":
        """The checkpoints of one part of the training, in a file beside this one."""
        beside = f"{self.path.stem}-{name}{self.path.suffix}"
        return Checkpoints(self.path.with_name(beside), self.key)

    def save(
        self,
        step: int,
        network: "nn.Module",
        optimizer: "torch.optim.Optimizer",
        more: "dict[str, Tensor] | None" = None,
    ) -> None:
        """Save the state after a number of steps, and `more` beside it."""
        tensors = {f"network.{name}": tensor for name, tensor in network.state_dict().items()}
        tensors |= more or {}
        for index, state in optimizer.state_dict()["state"].items():
            tensors |= {f"optimizer.{index}.{name}": tensor for name, tensor in state.items()}
        self.write(step, tensors)

    def restore(self, network: "nn.Module", optimizer: "torch.optim.Optimizer") -> int:
        """Load the saved state, if it belongs to this training; returns its steps, else 0."""
        step, tensors = self.read()
        if not tensors:
            return 0
        network.load_state_dict(below("network", tensors))
        state: dict[int, dict[str, Tensor]] = {}
        for name, tensor in below("optimizer", tensors).items():
            index, _, field = name.partition(".")
            state.setdefault(int(index), {})[field] = tensor
        groups = optimizer.state_dict()["param_groups"]
        optimizer.load_state_dict({"state": state, "param_groups": groups})
        return step

    def write(self, step: int, tensors: "dict[str, Tensor]") -> None:
        """Save tensors and the step that the training has reached."""
        from safetensors.torch import save

        metadata = {"key": self.key, "step": str(step)}
        metadata["sha256"] = _digest(metadata["step"], tensors)
        with atomic.replacing(self.path) as temporary:
            contiguous = {name: tensor.contiguous() for name, tensor in tensors.items()}
            temporary.write_bytes(save(contiguous, metadata=metadata))

    def read(self) -> "tuple[int, dict[str, Tensor]]":
        """The saved step and tensors, if they are whole and of this training; else 0 and none."""
        from safetensors import SafetensorError, safe_open

        try:
            with safe_open(self.path, framework="pt") as file:
                metadata = file.metadata() or {}
                tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        except (OSError, SafetensorError):
            return 0, {}
        step = metadata.get("step", "")
        if metadata.get("key") != self.key or metadata.get("sha256") != _digest(step, tensors):
            return 0, {}
        return int(step), tensors

    def remove(self) -> None:
        """Delete the files of a training that has ended."""
        self.path.unlink(missing_ok=True)
        for part in self.path.parent.glob(f"{self.path.stem}-*{self.path.suffix}"):
            part.unlink()


def _digest(step: str, tensors: "dict[str, Tensor]") -> str:
    """The sha256 of a state, for safetensors does not notice a flipped bit."""
    digest = hashlib.sha256(step.encode())
    for name in sorted(tensors):
        digest.update(name.encode())
        digest.update(tensors[name].cpu().numpy().tobytes())
    return digest.hexdigest()


def below(prefix: str, tensors: "dict[str, Tensor]") -> "dict[str, Tensor]":
    """The tensors whose names begin with a prefix and a dot, without them."""
    start = prefix + "."
    return {
        name.removeprefix(start): tensor
        for name, tensor in tensors.items()
        if name.startswith(start)
    }


def add_line(path: Path, report: "DataclassInstance") -> None:
    """Append the values of a report as a line; numbers have 6 digits."""
    line = {
        name: round(value, 6) if isinstance(value, float) else value
        for name, value in asdict(report).items()
    }
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")


def keep_lines_before(path: Path, counter: str, number: int) -> None:
    """Keep only whole lines whose counter, such as `step` or `epoch`, is below a number."""
    kept = []
    if path.exists():
        for line in path.read_text(encoding="utf-8").splitlines(keepends=True):
            try:
                if line.endswith("\n") and json.loads(line)[counter] < number:
                    kept.append(line)
            except (ValueError, KeyError, TypeError):
                continue  # torn by a kill
    atomic.write_text(path, "".join(kept))
