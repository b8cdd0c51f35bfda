"""How good synthesized pictures are, measured without people: activation, robustness, transfer, naturalness, speed."""
