# The commands of this repository. Each calls cargo or a script; `make` alone lists them.
.DEFAULT_GOAL := help
.PHONY: help demo test test-long test-quick bench dev fmt check

help: ## list the commands
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' Makefile | expand -t 20

demo: ## build terrane and show a finished plan of a real engine (DEMO_ARGS="--exit" ends after it)
	@scripts/demo $(DEMO_ARGS)

test: ## set up what the tests need, and run all of them
	@scripts/test

test-long: ## the same with the long versions: more cases, more kills, bigger plans
	@TERRANE_TEST_LONG=1 scripts/test

test-quick: ## the tests inside the crates only: no database server, no engine
	cargo test --workspace --exclude terrane-testkit --lib --bins

bench: ## measure on a release build (BENCH_ARGS="run --samples 50" and more: cargo xtask bench --help)
	cargo xtask bench $(or $(BENCH_ARGS),run)

dev: ## run a server from the tree, data in ./terrane-data (DEV_ARGS="--listen …")
	cargo run --package terrane -- server $(DEV_ARGS)

fmt: ## format all Rust
	cargo fmt --all

check: ## format, lints, house rules, dependencies: what review need not look at
	cargo fmt --all -- --check
	cargo clippy --workspace --all-targets -- -D warnings
	cargo xtask tidy
	cargo xtask deps
