"""Rows: what a table shows, kept outside of the widget: values by key, each with a revision, filtered and sorted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from tui.columns import Column

T = TypeVar("T")
Key = int | str


class Keys(Protocol):
    """Keys in their order; not all of them need be in memory."""

    def __len__(self) -> int:
        """How many."""
        ...

    def __getitem__(self, at: int, /) -> Key:
        """The one at a place."""
        ...

    def __iter__(self) -> Iterator[Key]:
        """All of them."""
        ...


class Rows(Generic[T]):
    """Values by key in the order and selection that was asked for.

    A change costs what it touches; the order is made anew by `settle`, which whoever shows the rows calls as often as a
    reader can follow (once a second), not with each change.
    """

    def __init__(self, key: Callable[[T], Key], columns: Sequence[Column[T]], *, sort: str, reverse: bool) -> None:
        self.columns = {column.key: column for column in columns}
        self.sort, self.reverse = sort, reverse
        self.keys: Keys = []  # shown, in order
        self._ordered: list[Key] = []  # those of values, in order
        self.loose = False  # whether the order may be out of date
        self._key = key
        self._values: dict[Key, T] = {}
        self._revisions: dict[Key, int] = {}
        self._places: dict[Key, int] | None = None
        self._keep: Callable[[T], bool] | None = None

    def __len__(self) -> int:
        """How many are shown."""
        return len(self.keys)

    @property
    def shown(self) -> int:
        """How many of its values are shown; rows may have others below them."""
        return len(self._ordered)

    @property
    def total(self) -> int:
        """How many there are."""
        return len(self._values)

    def __contains__(self, key: Key) -> bool:
        """Whether there is a value, shown or not."""
        return key in self._values

    def __getitem__(self, key: Key) -> T:
        """The value of a key. Raises KeyError."""
        return self._values[key]

    def get(self, key: Key | None) -> T | None:
        """The value of a key, if there is one."""
        try:
            return None if key is None else self[key]
        except KeyError:
            return None

    def revision(self, key: Key) -> int:
        """A number that changes when the value does."""
        return self._revisions.get(key, 0)

    def place(self, key: Key | None) -> int | None:
        """Where a key is shown."""
        if self._places is None:
            self._places = {each: at for at, each in enumerate(self._ordered)}
        return None if key is None else self._places.get(key)

    def put(self, values: Iterable[T]) -> set[Key]:
        """Add or replace values; returns the keys of those that differ from what was there."""
        changed, new = set[Key](), set[Key]()
        for value in values:
            key = self._key(value)
            before = self._values.get(key)
            if before == value:
                continue
            self.loose = self.loose or before is None or self._moves(before, value)
            self._values[key] = value
            (new if before is None else changed).add(key)
        self.touch(changed)
        return changed | new

    def _moves(self, before: T, after: T) -> bool:
        """Whether a change may make another order or selection: most do not, and a sort of all rows is dear."""
        rank, keep = self.columns[self.sort].rank, self._keep
        return bool(rank(before) != rank(after) or (keep is not None and keep(before) != keep(after)))

    def replace(self, values: Iterable[T]) -> set[Key]:
        """Make these all values there are; returns the keys that changed."""
        kept = {self._key(value): value for value in values}
        gone = self._values.keys() - kept.keys()
        for key in gone:
            del self._values[key]
            self.touch([key])  # it may come again as another
        if gone:
            self._show([key for key in self._ordered if key not in gone])
            self.loose = True
        return self.put(kept.values()) | gone

    def touch(self, keys: Iterable[Key]) -> None:
        """Say that something shown with these keys has changed."""
        for key in keys:
            self._revisions[key] = self._revisions.get(key, 0) + 1

    def choose(self, keep: Callable[[T], bool] | None) -> None:
        """Show only the values for which this holds."""
        self._keep = keep
        self.loose = True
        self.settle()

    def order(self, sort: str, *, reverse: bool) -> None:
        """Sort by a column."""
        self.sort, self.reverse = sort, reverse
        self.loose = True
        self.settle()

    def settle(self) -> bool:
        """Bring order and selection up to date; returns whether the keys shown, or their order, changed."""
        if not self.loose:
            return False
        keep, rank = self._keep, self.columns[self.sort].rank
        shown = [key for key, value in self._values.items() if keep is None or keep(value)]
        ranks: dict[Key, Any] = {key: rank(self._values[key]) for key in shown}
        known = [key for key in shown if ranks[key] is not None]
        known.sort(key=ranks.__getitem__, reverse=self.reverse)
        keys = known + [key for key in shown if ranks[key] is None]
        self.loose = False
        if keys == self._ordered:
            return False
        self._show(keys)
        return True

    def _show(self, keys: list[Key]) -> None:
        self._ordered, self._places = keys, None
        self.keys = keys
