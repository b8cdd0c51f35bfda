"""What goes wrong before anybody can watch."""


class ServingError(Exception):
    """The window cannot be served; the message says why and what to do."""
