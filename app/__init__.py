"""What a person sees of whynan: the command line, the link, the pages."""

import os

# The matrices of a diagnosis are small: more threads wait for each other longer than they compute.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
