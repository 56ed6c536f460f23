# Sockeye. `make` shows the targets; README.md tells the story.

SHELL := /bin/bash
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

SWIFT ?= swift
PREFIX ?= /usr/local
DESTDIR ?=
# Flags for `sockeye serve` in `make run`, for Benchmarks/compare.py in `make bench`, for scripts/test.py in `make test`.
ARGS ?=
# Seconds each fuzz target runs.
FUZZ_SECONDS ?= 60

BINARY := .build/release/sockeye
RELEASE := $(SWIFT) build -c release --static-swift-stdlib
export SWIFT FUZZ_SECONDS

.PHONY: help setup build run test bench fuzz fuzz-build format lint conformance install sanitize clean

help: ## Show the targets.
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{ printf "  make %-12s %s\n", $$1, $$2 }'

setup: ## Install the Debian packages the build needs (only those that are missing).
	@scripts/setup.sh build

build: setup ## Build the release binary, .build/release/sockeye.
	$(RELEASE) --product sockeye

run: build ## Build and serve on http://127.0.0.1:8000 (ARGS="--listen ...").
	@exec $(BINARY) serve $(ARGS)

test: ## Run every check: lint, unit, black-box, conformance sample, a minute of fuzzing.
	@scripts/setup.sh test
	@.venv/bin/python scripts/test.py $(ARGS)

bench: build ## Compare with the C floor, interleaved (ARGS="--quick").
	python3 Benchmarks/compare.py $(BINARY) $(ARGS)

fuzz-build: setup
	@scripts/fuzz.sh build

fuzz: fuzz-build ## Run each fuzz target for FUZZ_SECONDS (default 60), starting from Fuzz/Corpus.
	@scripts/fuzz.sh run

format: ## Rewrite the Swift sources in the house style.
	$(SWIFT) format format --in-place --recursive --parallel Package.swift Sources Tests Fuzz

lint: ## Check style and documentation links.
	$(SWIFT) format lint --strict --recursive --parallel Package.swift Sources Tests Fuzz
	python3 scripts/check_docs.py

conformance: ## Run all 517 Autobahn cases against the server and against the client.
	@scripts/setup.sh test
	$(RELEASE)
	.venv/bin/python Tests/Conformance/conformance.py all --jobs 2 $(ARGS)

install: ## Install the stripped binary to $(DESTDIR)$(PREFIX)/bin.
	@test -x $(BINARY) || { echo "sockeye: error: $(BINARY) is not built" >&2; echo "sockeye: hint: run 'make build' first" >&2; exit 1; }
	install -d "$(DESTDIR)$(PREFIX)/bin"
	install -m 0755 -s $(BINARY) "$(DESTDIR)$(PREFIX)/bin/sockeye"

sanitize: setup ## Run the unit tests under the address and the thread sanitizer.
	$(SWIFT) test --no-parallel --sanitize address --scratch-path .build/address
	TSAN_OPTIONS="suppressions=$(CURDIR)/Tests/thread-sanitizer.supp" $(SWIFT) test --no-parallel --sanitize thread --scratch-path .build/thread

clean: ## Remove what was built; keep installed packages and .setup.
	rm -rf .build .venv
