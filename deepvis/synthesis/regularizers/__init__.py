"""What keeps synthesized pictures close to natural ones: the survey's catalogue, one slot per module."""
