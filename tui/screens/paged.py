"""PagedPane: a list, and below it pages about the row under the cursor."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.screens.pane import Pane

if TYPE_CHECKING:
    from textual.widget import Widget

    from tui.widgets.pages import Pages


class PagedPane(Pane):
    """Opens, fills the screen with, and closes its pages."""

    @property
    def open(self) -> bool:
        """Whether a page is."""
        return self.has_class("-open")

    @property
    def current(self) -> Widget:
        """The page that is open."""
        raise NotImplementedError

    def action_page(self, page: str) -> None:
        """Open a page; the page's key again closes it."""
        raise NotImplementedError

    def action_whole(self) -> None:
        """The page alone, and back."""
        if self.open:
            self.toggle_class("-whole")
            (self.current if self.has_class("-whole") else self.table).focus()
            self.post_message(self.Changed())

    def action_back(self) -> None:
        """Close what is open; then take the marks away; then the filter."""
        if self.open:
            self.remove_class("-open", "-whole")
        elif self.table.marks:
            self.table.unmark()
        elif self.filter:
            self.typed("", done=True)
        self.table.focus()
        self.post_message(self.Changed())

    def on_pages_picked(self, event: Pages.Picked) -> None:
        """A page was clicked."""
        event.stop()
        self.action_page(event.page)
