"""Programs that measure what the documentation quotes: `python -m benchmarks.NAME` in the project's root."""
