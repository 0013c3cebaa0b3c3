# Shortcuts; docs/deploying.md and CONTRIBUTING.md say what stands behind them.

.DEFAULT_GOAL := help
.PHONY: help build deploy test lint arm delete

help: ## Lists what can be made
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

build: ## Builds the functions for Lambda
	sam build

deploy: build ## Deploys the stack, asking for its parameters
	sam deploy --guided

test: ## Runs the tests that need nothing but Rust
	cargo test --workspace

lint: ## Checks format, code and templates
	cargo fmt --check
	cargo clippy --workspace --all-targets -- -D warnings
	infra/emulator/install .venv-checkov .ci/requirements-checkov.txt
	AWS_DEFAULT_REGION=us-east-1 .venv-sam/bin/sam validate --lint
	.venv-sam/bin/cfn-lint template.yaml infra/sending-account/template.yaml
	.venv-checkov/bin/checkov --config-file .ci/checkov.yaml

arm: ## Builds the parser for arm64 and has it take a delivery, on any machine
	infra/emulator/install
	tests/arm64/run

delete: ## Deletes the stack; docs/deploying.md says what stays
	sam delete
