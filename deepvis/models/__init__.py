"""A network and what may be asked of it: loading, layers, activations, receptive fields."""
