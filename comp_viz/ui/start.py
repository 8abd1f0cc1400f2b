"""Starts Streamlit, in this process and with its arguments, once it knows that it is to ask nobody for addresses."""

import runpy

from comp_viz.ui.server_addresses import ask_nobody

if __name__ == "__main__":
    ask_nobody()
    runpy.run_module("streamlit", run_name="__main__")
