# Two commands on a fresh machine: `make demo` and `make test`. Both set up .venv first.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
FLOOR := .venv-floor
RECIPES := .venv-recipes
ENGINES := .venv-engines

# One sentence where an older Python would end in a page of a resolver's.
VERSION = $(shell $(PYTHON) -c 'import sys; print("%d.%d" % sys.version_info[:2] if sys.version_info < (3, 11) else "new")')
NEEDS = $(if $(filter new,$(VERSION)),,$(error tdm_guard needs Python 3.11 or later, and $(PYTHON) is \
	$(or $(VERSION),none): name another, for example make demo PYTHON=python3.12))

.PHONY: demo test docs floor recipes engines bench bench-quick bench-engines soak lint clean

$(VENV)/.ready: pyproject.toml
	$(NEEDS)
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade "pip>=25.1"
	$(BIN)/python -m pip install --quiet --no-compile --editable ".[all]" --group dev --group docs
	touch $@

demo: $(VENV)/.ready
	$(BIN)/tdm-guard demo --output demo-output

$(FLOOR)/.ready: pyproject.toml tests/floor.txt
	$(NEEDS)
	$(PYTHON) -m venv $(FLOOR)
	$(FLOOR)/bin/python -m pip install --quiet --upgrade "pip>=25.1"
	$(FLOOR)/bin/python -m pip install --quiet --no-compile --editable ".[all]" --group dev --constraint tests/floor.txt
	touch $@

# Whole crawls, floods, what installs or builds things, and what reads our sources and pages: measuring their coverage
# takes two thirds more time and adds nothing, since smaller tests reach the same lines.
UNMEASURED := tests/stories tests/fuzz tests/tools tests/typing tests/proofs/test_seal_recipes.py \
	tests/formats/test_xhtml_bounds.py tests/judging/test_pictures.py \
	$(foreach name,addresses docs extras glossary layers other_words recipes security_docs site values wheel,\
	tests/test_$(name).py) \
	$(foreach name,endurance pool wire,tests/httpx_edge/test_$(name).py) \
	$(foreach name,assets bodies content docs exempt items policies rebinding robots room start stores stores_recipes tokens \
	ways,tests/scrapy_edge/test_$(name).py)

# One worker more than the two cores that this is meant for: some always wait for a server that is silent on purpose.
CROWD := -n 3 --dist loadfile

test:
	$(NEEDS)
	$(MAKE) -j2 $(VENV)/.ready $(FLOOR)/.ready $(RECIPES)/.ready $(ENGINES)/.ready
	$(MAKE) -j2 --output-sync=target lint recipes engines
	$(MAKE) floor
	$(BIN)/python -m pytest $(CROWD) $(UNMEASURED)
	rm -f .coverage .coverage.*
	$(BIN)/python -m coverage run -m pytest $(CROWD) tests $(addprefix --ignore=,$(UNMEASURED))
	$(BIN)/python -m coverage combine --quiet
	$(BIN)/python -m coverage report --fail-under=95
	$(MAKE) bench-quick

# The pages as a site, in build/docs/site; `make test` builds it too, and looks at its links.
docs: $(VENV)/.ready
	$(BIN)/python -m tools.site

# The edges with the oldest frameworks that the extras admit; of Scrapy, but for what rests on our own code alone. Of
# httpx the oldest is the one before the newest, so that httpx2 stands for both.
OURS := $(foreach name,assets bodies content docs evidence exempt items policies rebinding room stores stores_recipes tokens,\
	tests/scrapy_edge/test_$(name).py)
floor: $(FLOOR)/.ready
	$(FLOOR)/bin/python -m pytest $(CROWD) tests/scrapy_edge tests/httpx_edge tests/requests_edge \
		tests/aiohttp_edge $(addprefix --ignore=,$(OURS)) -k "not httpx-"

$(RECIPES)/.ready: pyproject.toml
	$(NEEDS)
	$(PYTHON) -m venv $(RECIPES)
	$(RECIPES)/bin/python -m pip install --quiet --upgrade "pip>=25.1"
	$(RECIPES)/bin/python -m pip install --quiet --no-compile --editable ".[httpx]" --group recipes
	touch $@

# The pages about data sets, with the packages they are about: those are large, so they stay out of .venv.
recipes: $(RECIPES)/.ready
	$(RECIPES)/bin/python -m pytest tests/recipes

$(ENGINES)/.ready: pyproject.toml
	$(NEEDS)
	$(PYTHON) -m venv $(ENGINES)
	$(ENGINES)/bin/python -m pip install --quiet --upgrade "pip>=25.1"
	$(ENGINES)/bin/python -m pip install --quiet --no-compile --editable ".[cli,warc,datatrove,ray,spark]" --group engines
	touch $@

# Real runs of datatrove, Ray and Spark, as large as the recipes' packages. Spark needs Java.
engines: $(ENGINES)/.ready
	$(ENGINES)/bin/python -m pytest tests/engines

lint: $(VENV)/.ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(VENV)/.ready
	$(BIN)/python -m pip install --quiet --group bench
	$(BIN)/python -m tests.benchmarks

# Short versions of most rows, in two minutes; it fails where one came to more than 1.5 times what it is held to.
bench-quick: $(VENV)/.ready
	$(BIN)/python -m pip install --quiet --group bench
	$(BIN)/python -m tests.benchmarks --quick

# The engines beside themselves; what datatrove's own reader and filter need is installed for it.
bench-engines: $(ENGINES)/.ready
	$(ENGINES)/bin/python -m pip install --quiet --group bench-engines
	$(ENGINES)/bin/python -m tests.benchmarks.engines

# Kills, crowds, cancellations and long crawls at full size, with figures; not part of `make test`. `make soak MINUTES=3` is a short one.
MINUTES ?= 30
soak: $(VENV)/.ready
	$(BIN)/python -m tests.soak --minutes $(MINUTES)

clean:
	rm -rf $(VENV) $(FLOOR) $(RECIPES) $(ENGINES) build dist .coverage .coverage.* htmlcov demo-output
