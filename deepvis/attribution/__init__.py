"""Which pixels speak for a unit."""
