"""Passive widgets: they take plain values, paint them, and say what the person did."""
