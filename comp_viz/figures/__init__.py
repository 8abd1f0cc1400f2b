"""Pure functions from results to Plotly figures; no torch, no Streamlit."""
