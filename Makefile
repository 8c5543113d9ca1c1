# `make help` lists the targets. Variables may be given on the command line: make test PYTEST_ARGUMENTS="-k chart -x"

# The environment locked in requirements/dev.txt; made on first use, kept under ~/.cache/modelsmith.
PYTHON = $$(python3 hack/environment.py dev)
# The programs installed in it (ruff, mypy, lint-imports).
BIN = $$(dirname "$$(python3 hack/environment.py dev)")
# The rooms, as `python -m model_operator` and its like find them.
ROOMS = operator:model-builder:serving:cli
# More arguments for pytest.
PYTEST_ARGUMENTS =
# Processes of `make test`, a file at a time: about a core each, and 2 GB of memory.
WORKERS = 3
# Processes of `make e2e` for the tests that need not be alone, a file at a time: they wait for Kubernetes more than they work.
LANES = 2
# The end-to-end tests of `make e2e`; those of other tiers have their own names.
STORY = "$(PYTHON)" -m pytest tests/e2e --ignore-glob='*/test_failures_*' --ignore-glob='*/test_chaos*' \
	--ignore-glob='*/test_alerts*' --ignore-glob='*/test_keda*' --ignore-glob='*/test_autoscaling_outage*' \
	--durations=10 $(PYTEST_ARGUMENTS)
# More arguments for the bench, e.g. BENCH_ARGUMENTS="--count 20 --rounds 2 --many 0 --settled 0"
BENCH_ARGUMENTS =
# Targets of the Dockerfile to build, e.g. IMAGES="operator serving"; empty: all.
IMAGES =
# Anything: `make local` asks one question and ends.
ONCE =
# A cluster of your own: set KUBECONFIG. The embedded one listens on this machine only.

.DEFAULT_GOAL := help
.PHONY: help env lint format test failures alerts chaos soak bench bench-sentinel e2e local demo demo-clean cluster-up \
	cluster-down cluster-purge cluster-status monitoring images \
	generate wheel lock clean

help: ## List the targets
	@echo "Targets:"
	@sed -nE 's/^([a-z0-9-]+):.*## (.*)/  \1\t\2/p' Makefile | column -t -s "$$(printf '\t')" 2>/dev/null \
		|| sed -nE 's/^([a-z0-9-]+):.*## (.*)/  \1: \2/p' Makefile
	@echo "Variables:"
	@sed -nE '/^# /{s/^# //;h};/^[A-Z_]+ =/{s/ =.*//;G;s/\n/: /;s/^/  /p}' Makefile

env: ## Make the Python environment, and print its interpreter
	@python3 hack/environment.py dev

lint: ## Style, types, import rules
	"$(BIN)/ruff" check .
	"$(BIN)/ruff" format --check --quiet .
	"$(BIN)/mypy"
	PYTHONPATH="$(ROOMS)" "$(BIN)/lint-imports"

format: ## Mend what ruff can mend by itself
	"$(BIN)/ruff" check --fix .
	"$(BIN)/ruff" format .

test: lint ## Lint, and every test that needs no node: any machine with Python 3.11 or newer
	"$(PYTHON)" -m pytest tests --ignore=tests/e2e --ignore=tests/soak --ignore=tests/operator/edge/test_caching_real.py \
		--numprocesses=$(WORKERS) --dist=loadfile --no-loadscope-reorder --durations=10 $(PYTEST_ARGUMENTS)

e2e: cluster-up images ## The whole story on a real Kubernetes on this machine (Linux, root)
	@status=0; set -x; \
	$(STORY) -m "not alone" --numprocesses=$(LANES) --dist=loadfile --no-loadscope-reorder || test $$? = 5 || status=1; \
	$(STORY) -m alone || test $$? = 5 || status=1; \
	exit $$status

failures: cluster-up images ## The rows of docs/failures.md, caused with real pods and mended (long: kubelets take their time; Linux, root)
	"$(PYTHON)" -m pytest tests/e2e/test_failures_*.py $(PYTEST_ARGUMENTS)

alerts: cluster-up images ## Five quiet minutes, then every alert fired by a real cause (twenty minutes; Linux, root)
	"$(PYTHON)" -m pytest tests/e2e/test_alerts.py $(PYTEST_ARGUMENTS)

local: ## The example built and served on this machine, without Kubernetes, until Ctrl-C (the first time: some minutes)
	@"$(PYTHON)" hack/local $(if $(ONCE),--once)

chaos: cluster-up images ## Twenty minutes of harm by a seed to pods, operator, kubelet and API server; overload (Linux, root)
	"$(PYTHON)" -m pytest tests/e2e/test_chaos.py tests/e2e/test_chaos_overload.py -s $(PYTEST_ARGUMENTS)

soak: chaos alerts ## Chaos; alerts; KEDA; Prometheus away; 20,000 requests; fault plans; faults, outages of the API server (hours; Linux, root)
	"$(PYTHON)" -m pytest tests/e2e/test_keda.py tests/e2e/test_autoscaling_outage.py $(PYTEST_ARGUMENTS)
	MODELSMITH_LOAD_REQUESTS=20000 "$(PYTHON)" -m pytest tests/e2e/test_under_load.py $(PYTEST_ARGUMENTS)
	MODELSMITH_FAULT_PLANS=all "$(PYTHON)" -m pytest tests/faults $(PYTEST_ARGUMENTS)
	"$(PYTHON)" -m pytest tests/operator/edge/test_caching_real.py $(PYTEST_ARGUMENTS)
	"$(PYTHON)" -m pytest tests/soak $(PYTEST_ARGUMENTS)

bench: ## What the operator costs, beside a raw controller and an idiomatic one; writes docs/benchmarks.md (long)
	PYTHONPATH="$(ROOMS):hack:." "$(PYTHON)" -m bench $(BENCH_ARGUMENTS)

bench-sentinel: ## What the sentinel costs beside its server; writes docs/benchmarks-sentinel.md (seven minutes)
	PYTHONPATH="$(ROOMS):hack:." "$(PYTHON)" -m bench.sentinels $(BENCH_ARGUMENTS)

demo: ## From a clean clone to a prediction: cluster, images, operator, model (or your cluster, with KUBECONFIG set)
	@python3 hack/demo

demo-clean: ## Take the demo out of the cluster
	@python3 hack/demo --clean

cluster-up: ## Bring up the embedded Kubernetes (the first time builds it: about ten minutes)
	python3 hack/cluster up

cluster-down: ## Stop it; data and images stay
	python3 hack/cluster down

monitoring: ## Prometheus, its adapter and metrics-server beside the embedded cluster (the first time builds them)
	python3 hack/cluster monitoring

cluster-purge: ## Stop it and delete its data
	python3 hack/cluster down --purge

cluster-status: ## Show its parts
	python3 hack/cluster status

images: ## Build the Dockerfile's targets into the embedded cluster's registry
	python3 hack/cluster images $(addprefix --target ,$(IMAGES))

generate: ## Write every generated file anew: crds/ (the chart takes them from there), docs/conditions.md, the report's schema
	PYTHONPATH="$(ROOMS)" "$(PYTHON)" -m model_operator.api.crd
	PYTHONPATH="$(ROOMS)" "$(PYTHON)" -m model_operator.documenting
	PYTHONPATH="$(ROOMS)" "$(PYTHON)" -m model_builder.reporting.schema

wheel: ## Build the distribution into dist/
	"$$(python3 hack/environment.py build)" -m hatchling build --target wheel

lock: ## Resolve every lock file anew
	python3 hack/environment.py --lock

clean: ## Remove what tools left in the checkout (environments and programs under ~/.cache/modelsmith stay)
	rm -rf dist examples/digits/model .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
