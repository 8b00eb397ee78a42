"""What the figures of the README stand on: every figure is a ratio, measured side by side in one run."""
