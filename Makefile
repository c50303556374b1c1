# `make help` lists the targets. None of them needs another to be run first.

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help dev sam-local localstack demo dlq-ls dlq-replay dlq-discard test test-sam test-localstack check build bench-cold \
	bench-worker doctor reset generate fmt lint stack where formatted vet template workflows generated

# How a Lambda is linked. Without -buildvcs=false a change of the docs alone
# would change every binary; lambda.norpc leaves out the old go1.x runtime.
LAMBDA := -tags lambda.norpc -trimpath -buildvcs=false -ldflags "-s -w"

# dist/ holds what this machine runs; what is built for another lies beside it.
DIST := dist
ifneq ($(GOOS)$(GOARCH),)
HOST := $(shell env -u GOOS -u GOARCH go env GOHOSTOS)-$(shell env -u GOOS -u GOARCH go env GOHOSTARCH)
TARGET := $(or $(GOOS),$(firstword $(subst -, ,$(HOST))))-$(or $(GOARCH),$(lastword $(subst -, ,$(HOST))))
DIST := $(if $(filter $(HOST),$(TARGET)),dist,dist-$(TARGET))
endif

# What `make test` tests.
PKG ?= ./...

# Every file that `make generate` writes.
GENERATED := docs/openapi.json docs/configuration.md README.md shared/ops/routes_gen.go

STACK := .local/bin/localstack
# Each tool has a module of its own: go.mod stays the product's, and the two
# linters want different versions of one dependency.
TOOL = go tool -modfile=tools/lint/$(1).mod $(1)

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-15s %s\n", $$1, $$2 }' Makefile

dev: build stack ## build and start everything here; PORT and MERCATO_HOME choose where
	@exec $(STACK) dev

sam-local: build stack ## the same as dev, with the functions in SAM's containers (needs Docker)
	@exec $(STACK) sam

demo: stack ## play a sale and an out-of-stock order against the running stack
	@exec $(STACK) demo

dlq-ls: stack ## list the dead letters of the running stack (STATE, ERROR_CODE)
	@exec $(STACK) dlq-ls

dlq-replay: stack ## replay dead letters of the running stack (MAX, IDS, ERROR_CODE, DRY_RUN=1)
	@exec $(STACK) dlq-replay

dlq-discard: stack ## give dead letters of the running stack up (IDS, REASON)
	@exec $(STACK) dlq-discard

test: build stack ## run all Go tests with Postgres and Redis brought up (PKG=./... chooses)
	@race=-race; export CGO_ENABLED=1; \
	if ! command -v $$(go env CC) >/dev/null; then \
		echo "test: no C compiler, so without the race detector"; \
		race=; CGO_ENABLED=0; \
	fi; \
	exec $(STACK) with-servers -- go test $$race -shuffle=on $(PKG)

test-sam: build stack ## test SAM's commands, its events, and the shop behind it (needs Docker)
	@tools/sam/test.sh

localstack: stack ## run LocalStack with the template's queues and buckets; LOCALSTACK_PORT chooses where
	@exec $(STACK) aws

test-localstack: build stack ## run the AWS tests against a throw-away LocalStack
	@exec $(STACK) with-aws -- tools/localstack/test.sh

check: formatted lint vet template workflows generated test ## what CI checks before test-sam and test-localstack

# Go links beside the binaries, on the same file system, so that each appears whole.
build: ## link every Lambda into dist/; with GOOS, GOARCH for another machine into dist-GOOS-GOARCH/
	@mkdir -p $(DIST) .local/link
	@for file in $(DIST)/*; do \
		[ -e "functions/$${file#$(DIST)/}/main.go" ] || rm -rf "$$file"; \
	done
	@find .local/link -mindepth 1 -maxdepth 1 -mmin +60 -exec rm -rf {} + # of builds that were killed
	@echo "build: linking what has changed into $(DIST)/ (minutes on a machine that has never built Go, then seconds)"
	@GOTMPDIR=$$PWD/.local/link CGO_ENABLED=0 go build $(LAMBDA) -o $(DIST)/ $$(go list ./functions/...)

bench-cold: build ## compare each cold start with a hello-world Lambda's
	@CGO_ENABLED=0 go build $(LAMBDA) -o .local/bin/hello ./tools/benchcold/hello
	@go run ./tools/benchcold -hello .local/bin/hello

bench-worker: ## compare the worker's rate with a plain loop's, on servers of its own
	@go run ./tools/benchworker

doctor: stack ## say what this machine lacks, and the fix
	@exec $(STACK) doctor

reset: stack ## forget all local data
	@exec $(STACK) reset

generate: ## write the files that are derived from the endpoint values
	@echo "generate: $(GENERATED)"
	@go run ./tools/generate

fmt: ## format all Go files
	@echo "fmt: golangci-lint fmt (built on first use, two minutes)"
	@$(call TOOL,golangci-lint) fmt

lint: ## run golangci-lint
	@echo "lint: golangci-lint run (built on first use, two minutes)"
	@$(call TOOL,golangci-lint) run

# The rest is parts of others.

# Where build puts what it links.
where:
	@echo $(DIST)

# Runs on this machine even when functions are being built for another.
stack:
	@echo "stack: building the local stack's program"
	@env -u GOOS -u GOARCH go build -buildvcs=false -o $(STACK) ./localstack

formatted:
	@echo "check: formatting (the linters are built on first use, two minutes)"
	@$(call TOOL,golangci-lint) fmt --diff

vet:
	@echo "check: go vet"
	@go vet ./...

template:
	@echo "check: template.yaml"
	@tools/lint/cfn-lint.sh
	@tools/template/check.sh

workflows:
	@echo "check: workflows"
	@$(call TOOL,actionlint) -shellcheck= -pyflakes= .github/workflows/*.yml

generated:
	@echo "check: generated files"
	@tools/lint/generated.sh $(GENERATED)
