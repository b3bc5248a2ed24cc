"""The pages; Streamlit runs this file for each of them."""

from pathlib import Path

import streamlit as st

from app.ui.address import lang
from app.ui.top import PAGES
from app.words import word

st.set_page_config(page_title="whynan", page_icon=str(Path(__file__).with_name("icon.svg")), layout="wide")
st.html(Path(__file__).with_name("page.css"))
pages = [
    st.Page(file, title=f"whynan · {word(name, lang())}", default=file == "start.py")
    for file, name in PAGES.items()
]
st.navigation(pages, position="hidden").run()
