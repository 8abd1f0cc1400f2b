"""Where phones find the class, as text and as a code that their cameras read."""

import ipaddress
import socket
from urllib.parse import urlsplit

import streamlit as st

from comp_viz.ui.frame.text import escape_markdown
from comp_viz.ui.lecture.classroom import HALL, server_path

NOWHERE = ("192.0.2.1", 9)  # an address of documentation: nothing is sent, the system only chooses the way to it
WIDTH = 150  # pixels of the code


def class_address() -> str | None:
    """The address that phones open; None where no phone can reach this server.

    That under which the presenter's own browser has the server, where it is not one of this machine alone.
    """
    here = urlsplit(str(st.context.url or ""))
    path = server_path(HALL, "")
    if here.hostname and not only_here(here.hostname):
        return f"{here.scheme}://{here.netloc}{path}"
    listens_to = str(st.get_option("server.address") or "")
    if only_here(listens_to):
        return None
    host = network_address() if listens_to in ("", "0.0.0.0", "::") else listens_to
    return f"{here.scheme or 'http'}://{host}:{here.port or st.get_option('server.port')}{path}" if host else None


def only_here(host: str) -> bool:
    """Whether a name or address means the machine itself."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def network_address() -> str | None:
    """This machine's address in its network; None where it is in none. Asks nobody."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as way:
        try:
            way.connect(NOWHERE)
            return str(way.getsockname()[0])
        except OSError:
            return None


def draw_class_address() -> None:
    """The address on the Lecture page, in a size that can be read from the back row."""
    address = class_address()
    if address is None:
        st.warning(
            "Phones cannot reach this server: it listens on this machine alone. Start it with "
            "`comp-viz run --lecture --server.address 0.0.0.0`, in a network that the phones are in, too.",
            icon=":material/wifi_off:",
        )
        return
    with st.container(border=True, horizontal=True, vertical_alignment="center", wrap=False, key="class address"):
        st.image(code_of(address), width=WIDTH, alt=f"QR code of {address}")
        st.markdown(
            f"#### Phones: {escape_markdown(address)}\nIn the same network. They follow the story that is begun here, may look around on "
            "their own, come back, and choose before an answer is shown. No names are asked for, and nothing is stored.",
            width="stretch",
        )


def code_of(address: str) -> str:
    """A QR code as SVG, dark on white in either theme, as cameras want it."""
    import segno  # which only a class needs

    code = segno.make_qr(address, error="m")
    return str(code.svg_inline(scale=4, omitsize=True, dark="#000", light="#fff"))
