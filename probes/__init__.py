"""Facts off a machine and out of files. Python 3.9 or newer; torch, pynvml and yaml where they are there."""
