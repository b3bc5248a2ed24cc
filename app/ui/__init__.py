"""The Streamlit pages; nothing outside this folder imports streamlit."""
