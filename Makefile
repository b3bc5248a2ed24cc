# The developers' words. `make run` and `make test` work on a fresh machine with Python >= 3.10 and make.
PYTHON ?= python3
HOST ?= 127.0.0.1
PORT ?= 8501
# Where a CPU-only torch comes from, where PyPI's CUDA build would be too large:
# make install TORCH_INDEX=https://download.pytorch.org/whl/cpu
TORCH_INDEX ?=
VENV := .venv
BIN := $(VENV)/bin

.PHONY: run test check audit install format generate clean

run: $(VENV)/.installed
	$(BIN)/whynan serve --host $(HOST) --port $(PORT)

test: $(VENV)/.installed
	$(BIN)/python -m pytest

check: $(VENV)/.installed
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/whynan kb check
	$(BIN)/python -m docs.generate --check
	$(BIN)/python -m measure.audit
	$(BIN)/python -m pytest

# Known vulnerabilities of what is installed; a word and no more where PyPI has none to tell.
audit: $(VENV)/.installed
	$(BIN)/python -m measure.audit

install: $(VENV)/.installed

# The file is touched last: what was interrupted is made again.
$(VENV)/.installed: pyproject.toml constraints.txt
	@command -v $(PYTHON) >/dev/null || { \
		echo "whynan: there is no $(PYTHON) here, install Python 3.10 or newer, or name one: make PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 10) else "whynan: Python 3.10 or newer is needed, this is " + sys.version.split()[0] + ", name another: make PYTHON=python3.12")'
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "whynan: $(PYTHON) cannot make virtual environments, install its venv (Debian and Ubuntu: apt-get install python3-venv)" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt \
		$(if $(TORCH_INDEX),--extra-index-url $(TORCH_INDEX)) -e '.[torch,gpu,postgres,dev]'
	@touch $@

format: $(VENV)/.installed
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

generate: $(VENV)/.installed
	$(BIN)/python -m docs.generate

clean:
	rm -rf $(VENV) .hypothesis .mypy_cache .pytest_cache .ruff_cache
