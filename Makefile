# Atalaya. Everything below works in a fresh clone on Debian 12 with Go 1.26,
# Node 20, Python 3.11, git, make and gcc.

SHELL := /bin/bash
GO    ?= go
UI    := web/ui
export CGO_ENABLED ?= 0

.PHONY: run build ui test check lint fuzz race bench cheat reproducible soak peers fmt generate clean help

help: ## say what there is
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | sort

run: build ## start Atalaya with the live exercise; prints the address and a sign-in link
	@./bin/atalaya serve --exercise $(ARGS)

build: bin/atalaya ## build the program with its user interface

# The Go build cache decides what has to be compiled again. Nothing of where, when
# and from which checkout it was built is in the program: tools/reproducible.sh.
.PHONY: bin/atalaya
bin/atalaya: $(UI)/dist/index.html
	@$(GO) build -trimpath -buildvcs=false -o $@ ./cmd/atalaya

UI_SOURCES := $(shell find $(UI)/src $(UI)/public $(UI)/index.html $(UI)/*.ts $(UI)/*.json -type f 2>/dev/null)

$(UI)/node_modules/.installed: $(UI)/package-lock.json
	@cd $(UI) && npm ci --no-audit --no-fund --loglevel=error && touch node_modules/.installed

$(UI)/dist/index.html: $(UI)/node_modules/.installed $(UI_SOURCES)
	@cd $(UI) && npm run --silent build && touch dist/index.html

ui: $(UI)/dist/index.html ## build the user interface

peers: ## install what tests compare with: Debian packages and a Python environment
	@tools/peers/install.sh

bin/golangci-lint: tools/go.mod tools/go.sum
	@cd tools && $(GO) build -o ../bin/golangci-lint github.com/golangci/golangci-lint/v2/cmd/golangci-lint

lint: bin/golangci-lint ## format and lint
	@bin/golangci-lint run ./...

test: ## everything: format, vet, lint, layers, unit, fuzz, race, peers, browser, kills
	@tools/test.sh

bench: build peers ## benchmarks beside their peers, as a table of ratios
	@bench/run.sh

reproducible: ## two builds from two folders, one program: prints its SHA-256
	@tools/reproducible.sh

cheat: ## eleven cheats, and how an outsider catches each
	@set -o pipefail; $(GO) test -count=1 -run TestElevenCheats -v ./cmd/atalaya-verify | grep -v -E '^ *(===|--- PASS|PASS)'

soak: build peers ## the full figures: 1,000 kills, 10 minutes a fuzzer, long pages
	@tools/soak.sh

generate: ## make the committed data files anew (geoid, base map)
	@tools/generate.sh

fmt: bin/golangci-lint ## format
	@bin/golangci-lint fmt ./...

clean: ## remove what was built
	@rm -rf bin $(UI)/node_modules && find $(UI)/dist -mindepth 1 ! -name .keep -delete
