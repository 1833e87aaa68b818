# Each target makes what it needs in .venv; a fresh machine needs python3 (3.11 or newer), make and git.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
OUT ?= out
CELLS ?= 200000
SYSTEM_PACKAGES := libegl1 libgl1 libgl1-mesa-dri libfontconfig1 chromium fonts-dejavu-core libatomic1 g++

.DEFAULT_GOAL := help
.PHONY: help demo test bench system-packages clean

help: ## show the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 20

demo: $(VENV)/.demo ## film 700 real cells, then a simulated atlas of 200,000, to out/
	$(BIN)/gpuanim demo --out $(OUT)
	$(BIN)/gpuanim demo --cells $(CELLS) --out $(OUT)

test: $(VENV)/.test system-packages ## lint, types and tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest --numprocesses=2 --dist=loadfile $(PYTEST_ARGS)

bench: $(VENV)/.bench ## all benchmarks, to benchmarks/results/
	set -e; for script in benchmarks/[a-z]*.py; do echo "== $$script"; $(BIN)/python "$$script"; done

clean: ## remove .venv, films and caches
	rm -rf $(VENV) $(OUT) .mypy_cache .ruff_cache .pytest_cache .hypothesis build dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Tests marked `opengl` need an EGL library with a software renderer, and what vispy loads; those marked `browser` Chromium, a
# font, and libatomic for playwright. Only where apt and root are there; elsewhere those tests are skipped, or
# fail if CI=true. One by one, because other distributions lack some: Ubuntu's Chromium is a snap.
system-packages:
	@if dpkg -s $(SYSTEM_PACKAGES) >/dev/null 2>&1; then :; \
	elif command -v apt-get >/dev/null && [ "$$(id -u)" = 0 ]; then \
		apt-get update -q; \
		for package in $(SYSTEM_PACKAGES); do \
			DEBIAN_FRONTEND=noninteractive apt-get install -q -y -o DPkg::Lock::Timeout=300 \
			--no-install-recommends $$package || echo "not installed: $$package; tests may be skipped"; \
		done; \
	else echo "not installed: $(SYSTEM_PACKAGES); tests of OpenGL and of players may be skipped"; fi

# pip's --group needs pip 25.1, newer than what python3 -m venv brings.
$(VENV)/.pip:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "gpuanim needs Python 3.11 or newer")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade "pip>=25.1"
	@touch $@

$(VENV)/.demo: $(VENV)/.pip pyproject.toml
	$(BIN)/python -m pip install --quiet --editable ".[demo]"
	@touch $@

$(VENV)/.test: $(VENV)/.demo pyproject.toml
	$(BIN)/python -m pip install --quiet --group test
	@touch $@

$(VENV)/.bench: $(VENV)/.demo pyproject.toml
	$(BIN)/python -m pip install --quiet --group bench
	@touch $@
