"""What every stage runs on: device, threads, progress, checkpoints, seeds and whole files."""
