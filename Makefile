# The developers' commands. Needs Python 3.11 or later and make; installs the rest in .venv and .local.

PYTHON ?= python3
UV := .local/uv/bin/uv
RUN := .venv/bin/python -m
IN_PARALLEL := -n 2
MEASURED := --cov --cov-report=
CDK := .build/cdk/node_modules/.bin/cdk

.PHONY: run demo test check test-slow bench lint openapi package deploy bootstrap lock vin-data clean help

help:  ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

run: install  ## run the whole system on this machine, with a demo world
	@exec $(RUN) infra.local

demo: install  ## play a driver's and a reviewer's requests against the stack of `make run`
	@$(RUN) ops.demo

test: install  ## run all that CI runs: lint, types and tests, except slow ones (ARGS="-k name": some tests)
	$(MAKE) --no-print-directory lint
	$(RUN) pytest $(IN_PARALLEL) $(or $(ARGS),$(MEASURED))
	$(if $(ARGS),,$(RUN) coverage report --skip-covered --include="layers/*,functions/*" --fail-under=98)

check: install  ## run lint, types and unit tests: about a minute
	$(MAKE) --no-print-directory lint
	$(RUN) pytest tests/unit $(IN_PARALLEL) $(ARGS)

test-slow: install  ## run the slow tests, and the end-to-end tests with lists that are late as on AWS
	$(RUN) pytest -m slow $(IN_PARALLEL)
	MOTORPOOL_INDEX_LAG_SECONDS=1 $(RUN) pytest tests/e2e $(IN_PARALLEL)

bench: install  ## measure cold starts, warm requests, cost, scale and load (ARGS=--quick: tiny)
	$(RUN) bench $(ARGS)

lint: install
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/lint-imports

openapi: install  ## renew docs/openapi; what breaks callers must be in CHANGELOG.md, or `make test` fails
	$(RUN) infra.openapi

package: install  ## build layers and functions for Lambda (arm64) and print their sizes
	$(RUN) infra.build

deploy: package $(CDK)  ## check the AWS account, and deploy to it (ARGS="-c environment=dev -c alarmEmail=…")
	@$(RUN) ops.deploy $(ARGS)

bootstrap: install $(CDK)  ## prepare an AWS account and region for CDK, once (ARGS=aws://<account>/<region>)
	@$(RUN) ops.deploy --bootstrap $(ARGS)

lock: $(UV) .venv/installed  ## lock the newest versions that the .in files allow, and of the CDK command line
	for file in requirements/uv requirements/engine layers/runtime/requirements layers/photos/requirements \
	  requirements/dev bench/usual/requirements bench/cookbook/requirements; do \
	  $(UV) pip compile -q -U --universal --python-version 3.13 --generate-hashes --no-header \
	    -c layers/runtime/requirements.in \
	    $$file.in -o $$file.txt || exit 1; done
	$(UV) pip compile -q -U --universal --python-version 3.13 --generate-hashes --no-header --no-deps \
	  layers/vin/requirements.in -o layers/vin/requirements.txt
	$(RUN) infra.node install --prefix requirements/cdk --package-lock-only aws-cdk@2

vin-data: install  ## say of which month the VIN data is; `make lock` gets newer data if there is any
	@.venv/bin/python -c "import ultravin; print('VIN data of', ultravin.provenance()['data_month'])"

DATA := .local/state .local/s3 .local/stack.json
clean:  ## delete everything built, installed and stored (ARGS=data: only the data of make run)
	rm -rf $(if $(filter data,$(ARGS)),$(DATA),.build .local .venv)

# --- what the targets above depend on ----------------------------------------------------------

.PHONY: install
install: .venv/installed .local/engine/installed .build/installed

$(UV): requirements/uv.txt
	@echo "The first installation takes one to three minutes; later runs skip it."
	@echo "Step 1 of 4: getting uv (about 10 s) ..."
	@$(PYTHON) -m venv .local/uv
	@.local/uv/bin/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements/uv.txt
	@touch $@

.venv/installed: requirements/dev.txt pyproject.toml .python-version $(UV)
	@echo "Step 2 of 4: installing the project's tools into .venv (1 to 2 minutes) ..."
	@$(UV) venv -q --clear .venv
	@$(UV) pip install -q --python .venv --compile-bytecode --require-hashes -r requirements/dev.txt
	@$(UV) pip install -q --python .venv --no-deps --no-build-isolation -e .
	@touch $@

.local/engine/installed: requirements/engine.txt .python-version $(UV)
	@echo "Step 3 of 4: installing the local engine into .local/engine (about 15 s) ..."
	@$(UV) venv -q --clear .local/engine
	@$(UV) pip install -q --python .local/engine --compile-bytecode --require-hashes -r requirements/engine.txt
	@touch $@

.build/installed: $(wildcard layers/*/requirements.txt) infra/build.py .venv/installed
	@echo "Step 4 of 4: installing the layers' wheels into .build (about 10 s) ..."
	@.venv/bin/python -c "from infra import build; build.for_this_machine()"
	@touch $@

$(CDK): $(wildcard requirements/cdk/*.json) requirements/cdk/.npmrc .venv/installed
	@echo "Installing the CDK command line into .build/cdk ..."
	@mkdir -p .build/cdk
	@cp requirements/cdk/package.json requirements/cdk/package-lock.json requirements/cdk/.npmrc .build/cdk
	@$(RUN) infra.node ci --prefix .build/cdk
	@touch $@
