# What people and the checks type. `make help` lists it.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

ORACLE := $(CURDIR)/target/oracle/oracle
KUBERNETES = $(shell cd tests/oracle/corpus && go list -m -f '{{.Dir}}' k8s.io/kubernetes)
# The control plane is built from it too.
POD_SECURITY = $(shell cd tests/e2e/control-plane/kubernetes && go list -m -f '{{.Dir}}' k8s.io/pod-security-admission)
SWAGGER = $(KUBERNETES)/api/openapi-spec/swagger.json
FUZZ_SECONDS ?= 600
LOAD_SECONDS ?= 300
OUTAGE_SECONDS ?= 60

# `make cluster logs kubelet`: what follows the word is for it, and no goal. Flags go into FLAGS.
ifeq (cluster,$(firstword $(MAKECMDGOALS)))
WORDS := $(wordlist 2,99,$(MAKECMDGOALS))
.PHONY: cluster $(WORDS)
cluster:
	@tests/tools
	@[ '$(firstword $(WORDS))' != up ] || tests/e2e/prepare $(if $(findstring api-server,$(FLAGS)),api-server,node)
	@cargo run --quiet --locked -p chandler-e2e --bin chandler-cluster -- $(or $(WORDS),--help) $(FLAGS)
$(WORDS):
	@:
else

.PHONY: help
help: ## Say what there is
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z0-9-]+):.*## /\1\t/' | expand -t 16

.PHONY: build
build: tools ## Build the programs
	cargo build --release --locked -p kubectl-chandler -p chandler-injector -p chandler-agent

.PHONY: test
test: tools lint drift chart oracle e2e-prepare ## Run every check and every test
	CHANDLER_ORACLE='$(ORACLE)' CHANDLER_CORPUS='$(KUBERNETES)' \
	CHANDLER_POD_SECURITY='$(POD_SECURITY)' cargo test --workspace --locked --no-fail-fast -- --nocapture 2>&1 | tests/summary

.PHONY: lint
lint: tools ## Check format, clippy, docs, Go code and licences
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- -D warnings
	RUSTDOCFLAGS='-D warnings' cargo doc --workspace --no-deps --locked --quiet
	test -z "$$(gofmt -l tests)" || { gofmt -d tests; exit 1; }
	cd tests/oracle && go vet ./...
	@if command -v cargo-deny >/dev/null; then cargo deny --log-level error check licenses bans sources; \
	else echo 'SKIPPED licences: cargo-deny is not installed (cargo install cargo-deny --locked)'; fi

.PHONY: drift
drift: tools corpus ## Check that generated files are what their commands give
	@folder=$$(mktemp -d); trap 'rm -rf "$$folder"' EXIT; \
	cargo run --quiet --locked -p chandler-api --bin crds "$$folder"; \
	diff -ru crds "$$folder" || { echo 'crds/ is not what the types give: run make crds'; exit 1; }; \
	diff -ru crds charts/chandler/files/crds || { echo 'the chart has other definitions than crds/: run make crds'; exit 1; }; \
	cargo run --quiet --locked -p chandler-pod-patch --bin merge-table < '$(SWAGGER)' \
	| cmp - crates/pod-patch/src/schema/table.rs || { echo 'the merge table is not what Kubernetes says: run make merge-table'; exit 1; }; \
	tests/documented; \
	echo 'generated files are up to date'

.PHONY: crds
crds: ## Write the CustomResourceDefinitions from the types
	cargo run --quiet -p chandler-api --bin crds crds
	cargo run --quiet -p chandler-api --bin crds charts/chandler/files/crds

.PHONY: chart
chart: tools ## Check the chart: lint, every combination of values, alerts, dashboard
	tests/chart

.PHONY: merge-table
merge-table: corpus ## Write the table of merge keys from Kubernetes' OpenAPI document
	cargo run --quiet -p chandler-pod-patch --bin merge-table < '$(SWAGGER)' > target/table.rs
	mv target/table.rs crates/pod-patch/src/schema/table.rs

.PHONY: golden
golden: ## Write the expected output of every example anew
	UPDATE_GOLDEN=1 cargo test -p kubectl-chandler --test program every_example_gives_its_golden_output

.PHONY: oracle
oracle: tools corpus ## Build the reference implementations in Go that tests compare with
	cd tests/oracle && go build -o '$(ORACLE)' .

.PHONY: corpus
corpus:
	@cd tests/oracle/corpus && go mod download k8s.io/kubernetes
	@cd tests/e2e/control-plane/kubernetes && go mod download k8s.io/pod-security-admission

.PHONY: e2e
e2e: e2e-prepare ## Run the suites on real clusters alone
	{ cargo test --locked -p chandler-e2e -- --nocapture; cargo test --locked -p kubectl-chandler --test cluster --test debug --test outage --test cp -- --nocapture; cargo test --locked -p chandler-debugger --test streams --test plans -- --nocapture; } 2>&1 | tests/summary

.PHONY: demo
demo: tools ## Show the injector on a real Kubernetes of this machine, which it starts and ends; KEEP=1 leaves it
	@demo/run

.PHONY: load
load: tools ## Load two replicas for LOAD_SECONDS (300), and take the API server away for OUTAGE_SECONDS (60)
	tests/e2e/prepare api-server
	CHANDLER_LOAD_SECONDS=$(LOAD_SECONDS) CHANDLER_OUTAGE_SECONDS=$(OUTAGE_SECONDS) \
	cargo test --locked -p chandler-e2e --test load --test faults -- --nocapture --test-threads=1

.PHONY: streams
streams: e2e-prepare ## Carry 100 MB to a container and back, and 500 MB each way, and print how fast
	CHANDLER_FULL_STREAMS=1 cargo test --release --locked -p chandler-debugger --test streams bytes -- --nocapture --test-threads=1

.PHONY: e2e-prepare
e2e-prepare: tools
	tests/e2e/prepare

.PHONY: images
images: tools ## Build the container images, and bring them to the node of `make cluster`
	tests/e2e/control-plane/packages
	images/build
	@cluster='cargo run --quiet --locked -p chandler-e2e --bin chandler-cluster --'; \
	if $$cluster status --output json | grep -q '"name": "local"'; then $$cluster load; fi

.PHONY: cluster
cluster: ## Run a real Kubernetes here: up, down, status, kubeconfig, load IMAGE, logs COMPONENT

.PHONY: bench
bench: tools oracle ## Measure, and print the figures beside their bars
	tests/e2e/prepare
	cargo build --release --locked -p kubectl-chandler -p chandler-agent
	CHANDLER_MTAIL="$$(benches/mtail)" CHANDLER_ORACLE='$(ORACLE)' cargo bench --locked -p chandler-benches

.PHONY: fuzz
fuzz: ## Fuzz each target for FUZZ_SECONDS (600)
	fuzz/run $(FUZZ_SECONDS)

.PHONY: tools
tools:
	@tests/tools
endif
