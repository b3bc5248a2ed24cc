"""Colours and sizes: text has a contrast of 4.5 or more; page.css has what Streamlit lets no theme say."""

from __future__ import annotations

from app.ui.grid import HAS_GRID

LIGHT = {
    "primaryColor": "#2456b8",
    "backgroundColor": "#ffffff",
    "secondaryBackgroundColor": "#f3f5f8",
    "textColor": "#0d131c",
    "linkColor": "#1f4fae",
    "borderColor": "#d5dae2",
    "codeBackgroundColor": "#f6f8fa",
    "codeTextColor": "#0d131c",
}
DARK = {
    "primaryColor": "#8ab4ff",
    "backgroundColor": "#12161c",
    "secondaryBackgroundColor": "#1b212a",
    "textColor": "#e4e8ee",
    "linkColor": "#8ab4ff",
    "borderColor": "#313a46",
    "codeBackgroundColor": "#161c24",
    "codeTextColor": "#e4e8ee",
}
THEME: dict[str, object] = {
    "theme.baseFontSize": 15,
    "theme.headingFontSizes": ["28px", "23px", "17px", "17px", "16px", "15px"],
    "theme.headingFontWeights": [650, 650, 650, 650, 650, 650],
    "theme.codeFontSize": "13px",
    **({"theme.paddingTop": "0.75rem", "theme.paddingBottom": "3rem"} if HAS_GRID else {}),  # of 1.66 too
    **{f"theme.light.{name}": colour for name, colour in LIGHT.items()},
    **{f"theme.dark.{name}": colour for name, colour in DARK.items()},
}
