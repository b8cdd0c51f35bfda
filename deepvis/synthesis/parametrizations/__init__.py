"""What an ascent varies instead of the pixels themselves: one family per module."""
