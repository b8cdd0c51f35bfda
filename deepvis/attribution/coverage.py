"""What a rectifier rule reaches in a network, in a sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deepvis.attribution.wording import listed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from deepvis.kinds import Method


def coverage(
    method: Method, ruled: Sequence[str], met_others: Sequence[str], *, starts_below: bool
) -> tuple[str, bool]:
    """The sentence, and whether the rule changes nothing.

    Args:
        method: deconvnet or guided backpropagation.
        ruled: names of the rectifiers between picture and target.
        met_others: names of the nonlinearities there that are none.
        starts_below: the last rectifier is the target's own, and the gradient starts below it.
    """
    ruled = ruled[:-1] if starts_below else ruled
    others = listed(met_others)
    if not ruled:
        why = f"{others} is no rectifier" if len(set(met_others)) == 1 else f"{others} are no rectifiers"
        why = why if others else "no rectifier lies between the picture and the target"
        name = method.label[0].upper() + method.label[1:]
        return f"{name} equals the plain gradient here: {why}.", True
    if others:
        keep = "keeps its" if len(set(met_others)) == 1 else "keep their"
        total = len(ruled) + len(met_others)
        return f"The rule reaches {len(ruled)} of {total} nonlinearities; {others} {keep} own gradient.", False
    if len(ruled) == 1:
        return f"The rule reaches the only rectifier ({ruled[0]}).", False
    return f"The rule reaches all {len(ruled)} rectifiers ({listed(ruled)}).", False
