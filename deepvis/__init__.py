"""DeepVis: a live desktop instrument for looking inside image networks."""

__version__ = "0.1.0"
