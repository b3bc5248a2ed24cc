"""A grid of equal columns. Python 3.10 has Streamlit 1.65, which knows no grid: there it is one column."""

from __future__ import annotations

from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

# Streamlit from 1.66 on needs Python 3.11.
HAS_GRID = hasattr(st, "grid")


def grid(columns: int, **options: Any) -> DeltaGenerator:
    """`st.grid` where there is one; its columns wrap on a phone."""
    return st.grid(columns, **options) if HAS_GRID else st.container()
