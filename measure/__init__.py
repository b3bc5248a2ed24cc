"""How the figures of docs/measured.md are made: each module is one measurement, `python -m measure.NAME`.

What is counted (priors from threads) and proved (the lab against the knowledge's claims) is here too. Nothing
of it is installed with whynan.
"""
