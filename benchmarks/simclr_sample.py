"""Does an encoder trained on the sample digits find better neighbours than an untrained one?

    python benchmarks/simclr_sample.py [--epochs 30] [--backbone resnet18] [--image-size 16]

The share of the 1,797 digits whose 10 nearest neighbours mostly have the digit's true label, with
the same backbone before and after `labelfix embed --encoder simclr`, and for the pixels as they
are. No label is read in training. The number of threads is that of OMP_NUM_THREADS.
"""

import argparse
import csv
import json
import os
import tempfile
from pathlib import Path

import numpy as np
import torch
from measuring import labelfix, save

from labelfix.data.embeddings import load_embeddings
from labelfix.encoders.simclr import TrainedEncoder, save_encoder
from labelfix.images.pixels import read_pixels
from labelfix.simclr.contrastive_network import build_network
from labelfix.simclr.epoch_reports import majority_agreement
from labelfix.simclr.views import colour_statistics
from labelfix.training.repeatable import seed_of

SAMPLE = Path(__file__).parent.parent / "sample_data"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument("--backbone", default="resnet18")
    parser.add_argument("--image-size", type=int, default=16)
    chosen = parser.parse_args()
    with (SAMPLE / "truth.csv").open(encoding="utf-8") as file:
        truth = {row["image"]: row["true_label"] for row in csv.DictReader(file)}
    pixels = read_pixels(list(truth), SAMPLE / "images", chosen.image_size)
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        network = build_network(
            chosen.backbone,
            chosen.image_size,
            1,
            seed=seed_of("simclr", 0, "weights"),
            channels_last=False,
        )
        mean, std = colour_statistics(pixels.values)
        about = TrainedEncoder(
            backbone=chosen.backbone, image_size=chosen.image_size, mean=mean, std=std
        )
        save_encoder(root / "untrained.safetensors", network.backbone, about)

        def embedded(workspace: str, *options: object) -> float:
            command = ("embed", SAMPLE / "images", SAMPLE / "manifest.csv", "--device", "cpu")
            labelfix(*command, *options, "--workspace", workspace, folder=root)
            found = load_embeddings(root / workspace / "embeddings")
            return majority_agreement(found.vectors, [truth[image] for image in found.images])

        untrained = embedded("before", "--encoder", "simclr@untrained.safetensors")
        own = ("--encoder", f"simclr:{chosen.backbone}", "--image-size", chosen.image_size)
        trained = embedded("after", *own, "--epochs", chosen.epochs)
        record = json.loads((root / "after" / "encoder.safetensors.record.json").read_text())
    as_they_are = pixels.values.reshape(len(pixels), -1).astype(np.float32)
    save(
        "simclr_sample",
        {
            "images": len(pixels),
            "backbone": chosen.backbone,
            "image_size": chosen.image_size,
            "epochs": chosen.epochs,
            "threads": int(os.environ.get("OMP_NUM_THREADS", torch.get_num_threads())),
            "precision": record["details"]["precision"],
            "batch_size": record["details"]["batch_size"],
            "true_label_of_10_neighbours": {
                "pixels": round(majority_agreement(as_they_are, list(truth.values())), 4),
                "untrained": round(untrained, 4),
                "trained": round(trained, 4),
            },
            "training_seconds": record["seconds"],
        },
    )


if __name__ == "__main__":
    main()
