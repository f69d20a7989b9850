"""How many images a second does `embed` do with CLIP, against open_clip called by hand?

    python benchmarks/embed_rate.py [--images 2000] [--pairs 2]

ViT-B-32 with random weights from a local safetensors file, on JPEGs of 500 x 375 pixels made
here. The peer is the loop of open_clip's own README: open, preprocess, stack 32, encode_image in
float32. Both run in turn as processes of their own. `encode_only` and `decode_only` are the two
halves of ours, each alone; `end_to_end` is the rate of embedding itself, without loading.
"""

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from measuring import labelfix, save
from PIL import Image

MODEL = "ViT-B-32"
BATCH = 32

PEER = """
import sys, time
from pathlib import Path
import open_clip, torch
from PIL import Image
model, _, preprocess = open_clip.create_model_and_transforms("{model}", pretrained=sys.argv[1])
model.eval()
paths = sorted(Path(sys.argv[2]).glob("*.jpg"))
started = time.perf_counter()
with torch.no_grad():
    for start in range(0, len(paths), {batch}):
        images = [preprocess(Image.open(path)) for path in paths[start:start + {batch}]]
        features = model.encode_image(torch.stack(images))
        features /= features.norm(dim=-1, keepdim=True)
print(len(paths) / (time.perf_counter() - started))
"""


def make_images(folder: Path, count: int) -> None:
    """Smooth colours with texture: JPEGs of about the size that photographs have."""
    random = np.random.default_rng(0)
    folder.mkdir()
    for number in range(count):
        coarse = Image.fromarray(random.integers(0, 256, (12, 16, 3), dtype=np.uint8))
        smooth = np.asarray(coarse.resize((500, 375), Image.Resampling.BICUBIC), dtype=np.int16)
        noisy = smooth + random.integers(-12, 13, smooth.shape, dtype=np.int16)
        pixels = Image.fromarray(noisy.clip(0, 255).astype(np.uint8))
        pixels.save(folder / f"{number:05d}.jpg", quality=88)


def make_weights(path: Path) -> None:
    import open_clip
    import torch
    from safetensors.torch import save_file

    torch.manual_seed(0)
    model = open_clip.create_model(MODEL, pretrained=None)
    save_file({name: tensor.contiguous() for name, tensor in model.state_dict().items()}, path)


def halves(weights: Path, folder: Path) -> dict[str, float]:
    """Images a second of decoding alone and of encoding alone, with what `embed` uses."""
    from labelfix.device import resolve_precision
    from labelfix.encoders.clip import make
    from labelfix.encoders.registry import EncoderName, EncoderSettings
    from labelfix.images.pixels import decode_ahead

    settings = EncoderSettings("cpu", resolve_precision("auto", "cpu"))
    encoder = make(EncoderName("clip", MODEL, str(weights)), settings)
    names = sorted(path.name for path in folder.iterdir())
    started = time.perf_counter()
    decoded = list(decode_ahead(names, folder, encoder.prepare, workers=2))
    decode_rate = len(names) / (time.perf_counter() - started)
    batch = np.stack([image.pixels for image in decoded[:BATCH]])
    encoder.encode(batch)
    batches = max(1, len(names) // BATCH // 2)
    started = time.perf_counter()
    for _ in range(batches):
        encoder.encode(batch)
    encode_rate = batches * BATCH / (time.perf_counter() - started)
    return {"decode_only": round(decode_rate, 1), "encode_only": round(encode_rate, 1)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=2000)
    parser.add_argument("--pairs", type=int, default=2)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        make_images(root / "images", options.images)
        make_weights(root / "weights.safetensors")
        rows = [f"{n:05d}.jpg,{n % 2}" for n in range(options.images)]
        (root / "manifest.csv").write_text("image,label\n" + "\n".join(rows) + "\n")
        ours, peers, walls = [], [], []
        for pair in range(options.pairs):
            run = labelfix(
                "embed",
                "images",
                "manifest.csv",
                "--encoder",
                f"clip:{MODEL}@weights.safetensors",
                "--workspace",
                f"workspace-{pair}",
                folder=root,
            )
            walls.append(run.seconds)
            line = next(line for line in run.stderr.splitlines()[::-1] if "images/s" in line)
            ours.append(float(line.split(" images/s")[0].split(",")[-1].split()[-1]))
            peer = subprocess.run(
                [
                    sys.executable,
                    "-c",
                    PEER.format(model=MODEL, batch=BATCH),
                    root / "weights.safetensors",
                    root / "images",
                ],
                capture_output=True,
                text=True,
                check=True,
            )
            peers.append(float(peer.stdout))
        parts = halves(root / "weights.safetensors", root / "images")
    end_to_end = statistics.median(ours)
    save(
        "embed_rate",
        {
            "images": options.images,
            "pairs": options.pairs,
            "images_per_s": {**parts, "end_to_end": end_to_end},
            "share_of_the_slower_half": round(end_to_end / min(parts.values()), 3),
            "open_clip_by_hand_images_per_s": [round(rate, 1) for rate in peers],
            "times_as_fast": round(
                statistics.median(a / b for a, b in zip(ours, peers, strict=True)), 2
            ),
            "whole_command_seconds": [round(wall, 1) for wall in walls],
        },
    )


if __name__ == "__main__":
    main()
