"""The bounds of a server, as data."""

import ipaddress
from dataclasses import dataclass

MIB = 1024**2

TOKEN_VARIABLE = "REWARDKIT_TOKEN"  # noqa: S105 - its name
"""Environment variable: the token that requests must bring, as a bearer token or as `?token=…` in the URL."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The settings and limits of a server."""

    token: str = ""
    """The bearer token that every request must carry; empty for no token, on loopback only."""
    body_bytes: int = 64 * MIB
    """Size of one request's body."""
    bodies_bytes: int = 256 * MIB
    """Size of all bodies that are being read or judged at one time."""
    rows: int = 10_000
    """Rows of one request."""
    queue_rows: int = 20_000
    """Rows that were accepted and have no answer yet; past it requests get 429."""
    deadline_s: float = 300.0
    """Seconds after which a request is answered, whatever was judged by then; a request may ask for less."""
    connections: int = 1024
    """Open connections; past it the oldest one that has sent no request is closed."""
    head_s: float = 10.0
    """Seconds for the head of a request, from the connection or the last answer on."""
    body_s: float = 60.0
    """Seconds for the body of a request."""
    send_s: float = 60.0
    """Seconds in which a client must read some of an answer that waits for it."""


def is_loopback(host: str) -> bool:
    """True for an address that only this machine reaches."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
