# Everyday builds link the ready-made DuckDB library from the locked npm package; `make release` compiles DuckDB in.

DUCKDB_LIB_DIR := $(CURDIR)/node_modules/@duckdb/node-bindings-linux-x64
export DUCKDB_LIB_DIR
CARGO_FLAGS := --release --locked --no-default-features

.PHONY: build test demo release lint doc bench clean

build: $(DUCKDB_LIB_DIR)/libduckdb.so
	cargo build $(CARGO_FLAGS)

$(DUCKDB_LIB_DIR)/libduckdb.so: package-lock.json
	npm ci
	touch $@

test: $(DUCKDB_LIB_DIR)/libduckdb.so
	cargo test $(CARGO_FLAGS)

demo: build
	DEMO_STOP=$(DEMO_STOP) node tests/demo.mjs target/release/health-export

# DuckDB inside the binary: takes tens of minutes the first time.
release:
	cargo build --release --locked

lint: $(DUCKDB_LIB_DIR)/libduckdb.so
	cargo fmt --check
	cargo clippy $(CARGO_FLAGS) --all-targets -- -D warnings

doc: $(DUCKDB_LIB_DIR)/libduckdb.so
	RUSTDOCFLAGS="-D warnings" cargo doc $(CARGO_FLAGS) --no-deps --document-private-items

bench: $(DUCKDB_LIB_DIR)/libduckdb.so
	cargo bench --locked --no-default-features --bench figures -- $(BENCH)

clean:
	cargo clean
	rm -rf node_modules
