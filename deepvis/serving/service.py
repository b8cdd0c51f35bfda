"""All that serves a window, in one: the board, the thread that encodes, the server."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deepvis.serving.board import Board
from deepvis.serving.encoder import Encoder
from deepvis.serving.server import Server

if TYPE_CHECKING:
    from deepvis.options import ServeOptions


class Service:
    """Has its port from the beginning, and answers from `start` to `close`.

    Attributes:
        board: where the window leaves its figures.
        encoder: where the window leaves its pixels.

    Raises:
        ServingError: the port cannot be had.
    """

    def __init__(self, options: ServeOptions) -> None:
        self.board = Board()
        self._server = Server(options, self.board)
        self.encoder = Encoder(self.board)

    @property
    def address(self) -> str:
        """Where the page is, without the token."""
        return self._server.address

    @property
    def link(self) -> str:
        """What opens the page: the address with the token."""
        return self._server.link

    @property
    def invitation(self) -> str:
        """Who can watch, and the link: a line for the terminal."""
        who = "on this machine" if self._server.loopback else "from anywhere that reaches it"
        return f"The window can be watched {who} at {self.link}"

    @property
    def viewers(self) -> int:
        """How many watch."""
        return self._server.seats.taken

    def start(self) -> None:
        """Begin to answer."""
        self.encoder.start()
        self._server.start()

    def close(self) -> None:
        """Say goodbye to the viewers and end all threads."""
        self.board.close()
        self._server.close()
        self.encoder.close()
