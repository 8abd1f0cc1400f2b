"""Pure functions from a model's output to numbers worth showing; no Plotly, no Streamlit."""
