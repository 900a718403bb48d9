"""Line: messages between a scheduler and a shepherd, a line of JSON each, neither of which ever waits for the other."""

from __future__ import annotations

import json

TYPE_CHECKING = False
if TYPE_CHECKING:
    import socket
    from typing import Any

SIZE = 1 << 18  # bytes to read at once


class Line:
    """A stream socket, and what it did not take yet."""

    def __init__(self, end: socket.socket) -> None:
        self._end = end
        self._inbox, self._outbox = bytearray(), bytearray()
        self.is_open = True  # until all is heard that the other side said before it went
        end.settimeout(0)

    def fileno(self) -> int:
        """Of the socket."""
        return self._end.fileno()

    @property
    def is_pending(self) -> bool:
        """Whether something could not be sent yet."""
        return bool(self._outbox)

    def say(self, message: object) -> None:
        """Send a message, or keep what there is no room for."""
        self._outbox += json.dumps(message, separators=(",", ":"), check_circular=False).encode() + b"\n"
        self.flush()

    def flush(self) -> None:
        """Send what there is room for."""
        try:
            while self._outbox:
                del self._outbox[: self._end.send(self._outbox)]
        except BlockingIOError:
            pass
        except OSError:  # nobody is there; hearing tells so, after the last of what was said
            self._outbox.clear()

    def hear(self) -> list[dict[str, Any]]:
        """The messages that have arrived; one that was cut short by its sender's end is none."""
        messages = []
        while self.is_open:
            try:
                data = self._end.recv(SIZE)
            except BlockingIOError:
                break
            except OSError:
                data = b""
            self.is_open = bool(data)
            *lines, self._inbox = (self._inbox + data).split(b"\n")
            messages += [json.loads(line) for line in lines]
            if len(data) < SIZE:
                break  # that is all for now; the end of the other side makes the socket readable again
        return messages

    def close(self) -> None:
        """Hang up."""
        self._end.close()
