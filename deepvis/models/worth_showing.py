"""Which layers belong to the default list: stem, block outputs, head, classes.

The module tree is opened from the root. Containers and stages (modules that hold a row of blocks of one class) are
opened further; a block is one entry. Where a network is flat, a convolution with the normalization and the activation
behind it is one entry, named after the last of them.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING

from torch import nn

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

FEWEST = 4
"""With fewer entries than this, blocks are opened too."""

MOST = 45
"""With more entries than this, whole stages become one entry."""

_CONTAINERS = (nn.Sequential, nn.ModuleList, nn.ModuleDict)
_WEIGHTED = (nn.Linear, nn.modules.conv._ConvNd, nn.Bilinear)
_NORMS = (nn.modules.batchnorm._NormBase, nn.LayerNorm, nn.GroupNorm, nn.LocalResponseNorm)
_ANSWERS = (nn.Softmax, nn.LogSoftmax, nn.Softmax2d)
_SILENT_WORDS = ("identity", "drop", "flatten", "permute", "reshape", "rearrange")
_ACTIVATIONS_MODULE = nn.ReLU.__module__


class Role(Enum):
    """What a module is to its neighbors."""

    WEIGHTED = auto()
    FOLLOWER = auto()
    POOL = auto()
    SILENT = auto()
    BLOCK = auto()


_SIMPLE = {Role.FOLLOWER, Role.SILENT}


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """One module call of the dry run: the layer's name, its module, its units (0: cannot be shown)."""

    layer: str
    module_name: str
    module: nn.Module
    units: int
    is_classes: bool


def worth_showing(network: nn.Module, steps: Sequence[Step]) -> frozenset[str]:
    """Names of the layers for the default list; never empty while any step can be shown."""
    tree = _Tree(network, steps)
    opened = tree.opened_by_default()
    entries = _close_long_stages(tree, opened)
    while len(entries) < FEWEST:
        wider = opened | tree.blocks_at_the_edge(opened)
        if wider == opened or len(tree.entries(wider)) > MOST:
            break
        opened, entries = wider, tree.entries(wider)
    chosen = entries or _leaves(steps)
    if not any(step.is_classes for step in steps if step.layer in chosen):
        chosen |= {step.layer for step in [step for step in steps if step.is_classes][:1]}
    return frozenset(chosen)


def role_of(module: nn.Module) -> Role:
    """What a module is when it is not opened."""
    word = type(module).__name__.lower()
    leaf = next(module.children(), None) is None
    if any(silent in word for silent in _SILENT_WORDS) or (leaf and _is_container(module)):
        return Role.SILENT
    if isinstance(module, _NORMS) or ("norm" in word and (leaf or _only(module, _SIMPLE))):
        return Role.FOLLOWER
    if "pool" in word and (leaf or _only(module, {Role.POOL, Role.SILENT})):
        return Role.POOL
    if not leaf or isinstance(module, _ANSWERS):
        return Role.BLOCK
    return _leaf_role(module)


def _leaf_role(module: nn.Module) -> Role:
    if isinstance(module, _WEIGHTED):
        return Role.WEIGHTED
    if type(module).__module__ == _ACTIVATIONS_MODULE:
        return Role.FOLLOWER
    return Role.WEIGHTED if any(weight.dim() > 1 for weight in module.parameters(recurse=False)) else Role.FOLLOWER


class _Tree:
    """The module tree with what is known of each module's calls."""

    def __init__(self, network: nn.Module, steps: Sequence[Step]) -> None:
        self.network = network
        self.steps = steps
        self.modules = dict(network.named_modules())
        self.shown = {step.module_name for step in steps if step.units}
        self.answers = {step.module_name for step in steps if step.is_classes}

    def opened_by_default(self) -> frozenset[str]:
        """Names of the root, of containers and stages, and of what cannot be shown as a whole."""
        opened: set[str] = set()

        def visit(name: str, module: nn.Module) -> None:
            if next(module.children(), None) is None or (name and not self._opens(name, module)):
                return
            opened.add(name)
            for child_name, child in self._children(name, module):
                visit(child_name, child)

        visit("", self.network)
        return frozenset(opened)

    def _opens(self, name: str, module: nn.Module) -> bool:
        if role_of(module) is not Role.BLOCK:
            return False
        if name in self.answers or name not in self.shown:
            return True
        return (_is_container(module) or _is_stage(module)) and not is_bundle(module)

    def _children(self, name: str, module: nn.Module) -> Iterator[tuple[str, nn.Module]]:
        for child_name, child in module.named_children():
            yield (f"{name}.{child_name}" if name else child_name), child

    def blocks_at_the_edge(self, opened: frozenset[str]) -> frozenset[str]:
        """The modules with children whose parent is open and that are closed themselves."""
        found = set()
        for name in opened:
            for child_name, child in self._children(name, self.modules[name]):
                if child_name not in opened and next(child.children(), None) is not None:
                    found.add(child_name)
        return frozenset(found)

    def entries(self, opened: frozenset[str]) -> set[str]:
        """The layers that remain when these modules are open: each convolution with its followers is one."""
        entries: list[Step] = []
        group_open = False
        for step in self.steps:
            parent = step.module_name.rpartition(".")[0]
            if step.module_name in opened or parent not in opened or not step.units:
                continue
            role = role_of(step.module)
            if role is Role.SILENT or (role is Role.FOLLOWER and not entries):
                continue
            if role is Role.FOLLOWER and group_open and entries[-1].units == step.units:
                entries.pop()
            entries.append(step)
            group_open = role in (Role.WEIGHTED, Role.FOLLOWER) or is_bundle(step.module)
        return {step.layer for step in entries}


def _close_long_stages(tree: _Tree, opened: frozenset[str]) -> set[str]:
    entries = tree.entries(opened)
    while len(entries) > MOST:
        closable = [name for name in opened if name in tree.shown and name not in tree.answers]
        if not closable:
            break
        depth = max(name.count(".") for name in closable)
        fewer = opened - {name for name in closable if name.count(".") == depth}
        if len(tree.entries(fewer)) < FEWEST + 1:
            break
        opened, entries = fewer, tree.entries(fewer)
    return entries


def _is_container(module: nn.Module) -> bool:
    if not isinstance(module, _CONTAINERS):
        return False
    return not isinstance(module, nn.Sequential) or type(module).forward is nn.Sequential.forward


def is_bundle(module: nn.Module) -> bool:
    """Whether a module is a convolution (or a linear layer) with its normalization or activation, and nothing else."""
    roles = Counter(role_of(leaf) for leaf in _leaves_of(module))
    return roles[Role.WEIGHTED] == 1 and roles[Role.FOLLOWER] > 0 and set(roles) <= _SIMPLE | {Role.WEIGHTED}


def _is_stage(module: nn.Module) -> bool:
    """Whether a module holds a row of blocks of one class, directly or through containers."""
    rows: dict[int, Counter[type]] = {}
    together: Counter[type] = Counter()
    for row, block in _blocks_in(module, id(module)):
        rows.setdefault(row, Counter())[type(block)] += 1
        together[type(block)] += 1
    # Two of a class side by side may be the two halves of one block; in a container they are a row.
    in_row = max((max(row.values()) for key, row in rows.items() if key != id(module)), default=0)
    own = max(rows.get(id(module), Counter({object: 0})).values())
    return in_row >= 2 or max(together.values(), default=0) >= 3 or (isinstance(module, _CONTAINERS) and own >= 2)


def _blocks_in(module: nn.Module, row: int) -> Iterator[tuple[int, nn.Module]]:
    for child in module.children():
        if _is_container(child) and not is_bundle(child):
            yield from _blocks_in(child, id(child))
        elif role_of(child) is Role.BLOCK and not is_bundle(child) and not isinstance(child, nn.MultiheadAttention):
            yield row, child


def _leaves_of(module: nn.Module) -> Iterator[nn.Module]:
    if role_of(module) is not Role.BLOCK or next(module.children(), None) is None:
        yield module
        return
    for child in module.children():
        yield from _leaves_of(child)


def _only(module: nn.Module, roles: Iterable[Role]) -> bool:
    return all(role_of(child) in roles for child in module.children())


def _leaves(steps: Sequence[Step]) -> set[str]:
    shown = [step for step in steps if step.units]
    leaves = [step for step in shown if next(step.module.children(), None) is None]
    telling = [step for step in leaves if role_of(step.module) is not Role.SILENT]
    return {step.layer for step in telling or shown}
