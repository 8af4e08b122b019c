# Everyday builds link the ready-made DuckDB library from the locked npm package, which there is for x86-64; elsewhere, and
# with `make release`, DuckDB is compiled in, which takes tens of minutes the first time.

ifeq ($(shell uname -m),x86_64)
export DUCKDB_LIB_DIR := $(CURDIR)/node_modules/@duckdb/node-bindings-linux-x64
DUCKDB := $(DUCKDB_LIB_DIR)/libduckdb.so
FEATURES := --no-default-features
endif
CARGO_FLAGS := --release --locked $(FEATURES)

.PHONY: build test demo release lint doc alerts bench load load-selftest load-report load-baseline clean

build: $(DUCKDB)
	cargo build $(CARGO_FLAGS)

ifdef DUCKDB
$(DUCKDB): package-lock.json
	npm ci
	touch $@
endif

test: $(DUCKDB)
	cargo test $(CARGO_FLAGS)

demo: build
	DEMO_STOP=$(DEMO_STOP) node tests/demo.mjs target/release/health-export

release:
	cargo build --release --locked

lint: $(DUCKDB)
	cargo fmt --check
	cargo clippy $(CARGO_FLAGS) --all-targets -- -D warnings
	cargo clippy $(CARGO_FLAGS) --test performance -- -D warnings

doc: $(DUCKDB)
	RUSTDOCFLAGS="-D warnings" cargo doc $(CARGO_FLAGS) --no-deps --document-private-items

# promtool is in Debian's package prometheus.
alerts:
	promtool check rules data/alerts.rules.yml
	promtool test rules tests/alerts/alerts.test.yml

bench: $(DUCKDB)
	cargo bench --locked $(FEATURES) --bench figures -- $(BENCH)

# The load suite: LOAD=sustained,stress for some scenarios, SMALL=1 for the small machine, SOAK_MINUTES=10 for the soak as well.
LOAD_SUITE := cargo test $(CARGO_FLAGS) --test performance --

load: $(DUCKDB)
	LOAD=$(LOAD) SMALL=$(SMALL) $(LOAD_SUITE) run

load-selftest load-report load-baseline: load-%: $(DUCKDB)
	$(LOAD_SUITE) $*

clean:
	cargo clean
	rm -rf node_modules
