"""Keeps Streamlit from asking the internet for this machine's address."""

from streamlit import net_util


def ask_nobody() -> None:
    """Have Streamlit know no address of this machine but those that its settings name.

    Where the origin of a websocket is not its host, Streamlit compares it with the machine's own addresses, and to know them
    asks an outside service, waiting for the answer. Whoever serves the dashboard under another name
    says so, in `corsAllowedOrigins`.
    """
    net_util.get_internal_ip = net_util.get_external_ip = no_address


def no_address() -> str | None:
    """No address."""
    return None
