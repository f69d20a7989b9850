"""The quality gate on a batch of annotations: findings, thresholds, a baseline and a verdict."""
