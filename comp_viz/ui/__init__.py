"""What the pages share: sidebar, cached calls and components. The only room that knows Streamlit."""
