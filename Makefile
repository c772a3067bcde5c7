# Two commands do everything, set-up included: `make run` and `make test`. `make help` lists the rest.
# Needs Python 3.11-3.13, pip and make. Paths below are relative, so folders with spaces are no problem.

PYTHON ?= $(shell for p in python3.12 python3.13 python3.11 python3 python; do \
	if $$p tlkit/commands/doctor.py --before-install 2>/dev/null; then echo $$p; exit; fi; done; echo python3)
BIN := .venv/$(if $(filter Windows_NT,$(OS)),Scripts,bin)
RUN := $(BIN)/python
BENCH := $(BIN:.venv/%=build/bench-env/%)/python
BOOK := $(BIN:.venv/%=build/book-env/%)/python
ARGS ?=
URL ?=
NBVAL ?= -m pytest --nbval-lax --nbval-cell-timeout=300 -n 2 --dist loadfile
BUNDLE ?=
ifdef BUNDLE  # a folder that `python -m tlkit fetch --to DIR --wheels` made: no network is needed
export TLKIT_DATA := $(abspath $(BUNDLE))
FROM_BUNDLE := --no-index --find-links "$(BUNDLE)/wheels"
endif
export TF_CPP_MIN_LOG_LEVEL ?= 2

.PHONY: run run-real lab app doctor test lint notebooks results fresh-claims guide book bench pretrain requirements address clean help

run: .venv/installed  ## learn a new task from a few labels, against honest baselines (1 to 3 minutes)
	"$(RUN)" -m tlkit run $(ARGS)

run-real: .venv/installed  ## the same with ImageNet's VGG16 and CIFAR-10; downloads 229 MB the first time
	"$(RUN)" -m tlkit run --real $(ARGS)

lab: .venv/installed  ## open your copies of the notebooks in JupyterLab; your edits always stay (BUNDLE=DIR: offline)
	"$(RUN)" -m tlkit lab $(ARGS)

app: .venv/installed  ## teach a network your own pictures, on a page without code (installs Voila the first time)
	"$(RUN)" -m pip install --quiet --disable-pip-version-check -e ".[app]"
	"$(RUN)" -m tlkit lab --copy-only
	"$(RUN)" -m voila my_notebooks/teach_it_your_own.ipynb $(ARGS)

doctor:  ## what this machine has, what is missing, and how to get it
	@if [ -e .venv/installed ]; then "$(RUN)" -m tlkit doctor $(ARGS); else "$(PYTHON)" tlkit/commands/doctor.py $(ARGS); fi

test: .venv/installed-test lint  ## everything that must hold; needs no network
	"$(RUN)" -m pytest tests -n 2 --dist loadfile --cov --cov-report=term:skip-covered
	TQDM_DISABLE=1 "$(RUN)" $(NBVAL) notebooks/*.ipynb

lint: .venv/installed-test  ## ruff (also of the notebooks' cells) and mypy
	"$(RUN)" -m ruff check tlkit tests notebooks docs/book
	"$(RUN)" -m ruff format --check tlkit tests notebooks docs/book
	"$(RUN)" -m mypy

notebooks: .venv/installed  ## execute all notebooks in place, so that they are committed with true outputs
	TLKIT_CACHE="$(CURDIR)/build/cache" KERAS_HOME="$(CURDIR)/build/keras" TLKIT_STATIC=1 TQDM_DISABLE=1 \
		"$(BIN)/jupyter" nbconvert --to notebook --execute --inplace \
		--ExecutePreprocessor.record_timing=False --ExecutePreprocessor.store_widget_state=False notebooks/*.ipynb
	"$(RUN)" tests/ci/course.py

results: .venv/installed  ## compute again the stored results that are too slow for a notebook
	for file in notebooks/results/make_*.py; do "$(RUN)" "$$file" || exit 1; done

fresh-claims: .venv/installed  ## derive the main claims again from ten fresh draws (hours; ARGS="00 07": only these)
	"$(RUN)" tests/ci/fresh_claims.py $(ARGS)

guide: .venv/installed  ## write the made parts of the instructor's guide again, from the notes and the exercises
	"$(RUN)" -m tlkit_course.workshop.guide

book: build/book-env/installed  ## all notebooks as a website that reads offline, in build/book
	"$(BOOK)" docs/book/make_book.py

bench: .venv/installed build/bench-env/tried  ## every recipe beside its peers, and the targets (installs PyTorch; long)
	"$(RUN)" tests/bench $(ARGS)

pretrain: .venv/installed  ## train the three shipped backbones again (about 55 minutes on 2 cores)
	"$(RUN)" -m tlkit pretrain letters --out tlkit/assets
	"$(RUN)" -m tlkit pretrain letters-small --out tlkit/assets
	"$(RUN)" -m tlkit pretrain letters-bn --out tlkit/assets

requirements: .venv/installed-test  ## pin all packages again, from pyproject.toml (needs the network)
	"$(RUN)" tests/ci/pin.py

address:  ## make address URL=https://github.com/NAME/tlkit: set the repository's address everywhere
	"$(PYTHON)" tests/ci/address.py "$(URL)"

clean:  ## remove the packages and what tools left behind
	"$(PYTHON)" -c "import shutil; [shutil.rmtree(d, True) for d in ('.venv', 'build', 'tlkit.egg-info', '.mypy_cache', '.ruff_cache')]"

help:  ## this list
	@"$(PYTHON)" -c "import re; [print(f'{m[1]:14}{m[2]}') for m in re.finditer(r'(?m)^([a-z-]+):.*?## (.+)', open('Makefile').read())]"

.venv/installed: requirements.txt pyproject.toml
	@"$(PYTHON)" tlkit/commands/doctor.py --before-install
	@"$(PYTHON)" -m venv .venv || { echo "This Python cannot make virtual environments: on Debian and Ubuntu, \
	sudo apt install python3-venv; elsewhere, install Python from python.org."; rm -rf .venv; exit 1; }
	"$(RUN)" -m pip install --quiet --disable-pip-version-check $(FROM_BUNDLE) -r requirements.txt
	@"$(PYTHON)" -c "open('.venv/installed', 'w').close()"

.venv/installed-test: .venv/installed tests/requirements.txt
	"$(RUN)" -m pip install --quiet --disable-pip-version-check -r tests/requirements.txt
	@"$(PYTHON)" -c "open('.venv/installed-test', 'w').close()"

build/book-env/installed: docs/book/requirements.txt
	"$(PYTHON)" -m venv build/book-env
	"$(BOOK)" -m pip install --quiet --disable-pip-version-check -r docs/book/requirements.txt
	@"$(PYTHON)" -c "open('build/book-env/installed', 'w').close()"

build/bench-env/tried: tests/bench/requirements.txt
	"$(PYTHON)" -m venv build/bench-env
	"$(BENCH)" -m pip install --quiet --disable-pip-version-check -r tests/bench/requirements.txt || \
		echo "PyTorch cannot be installed here: the benchmark goes on without it"
	@"$(PYTHON)" -c "open('build/bench-env/tried', 'w').close()"
