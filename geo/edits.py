"""An edit is data: what to change, and the edit that takes it back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal[
    "move",
    "override",
    "clear_override",
    "cut",
    "uncut",
    "merge",
    "split",
    "create",
    "drop",
    "rename",
    "recolor",
    "lock",
    "assign_rep",
    "restore",
]


@dataclass(frozen=True)
class Edit:
    """One change to a plan.

    Parameters
    ----------
    edit_id
        Unique; a repeat of the same id changes nothing.
    kind
        What the edit does; it also says what `keys` are: units for move, cut and
        split, accounts for override, territories for the rest.
    keys
        Ids the edit touches. Together with the kind they are its conflict set.
    to
        Territory, name, colour or rep the keys get, as the kind asks.
    before
        What each key had, in the order of `keys`: lets a reader say what changed.
    attrs
        What else the kind needs, as plain JSON values (a cut: pieces as WKB hex).
    """

    edit_id: str
    kind: Kind
    keys: tuple[str, ...]
    to: str = ""
    before: tuple[str, ...] = ()
    attrs: Mapping[str, object] = field(default_factory=dict)
