# The page is built by Node from data/dashboard and embedded in the program. Everyday builds link the ready-made DuckDB library from
# the locked npm package, which there is for x86-64; elsewhere, and with `make release`, DuckDB is compiled in, which takes tens
# of minutes the first time.

ifeq ($(shell uname -m),x86_64)
export DUCKDB_LIB_DIR := $(CURDIR)/node_modules/@duckdb/node-bindings-linux-x64
DUCKDB := $(DUCKDB_LIB_DIR)/libduckdb.so
FEATURES := --no-default-features
endif
CARGO_FLAGS := --release --locked $(FEATURES)

MODULES := node_modules/.package-lock.json
PAGE := data/dashboard/dist/index.html
PAGE_SOURCES := $(shell find data/dashboard -name dist -prune -o -type f -print)
# What must be there before cargo is called.
READY := $(PAGE) $(DUCKDB)

.PHONY: build page test test-page consumers clients screenshots durability faults demo release release-archive sbom deb install-test supply-chain fuzz lint doc alerts bench load load-selftest load-report load-baseline truth clean

build: $(READY)
	cargo build $(CARGO_FLAGS)

page: $(PAGE)

$(MODULES): package-lock.json
	npm ci --no-audit --no-fund
	touch $@

$(PAGE): $(MODULES) $(PAGE_SOURCES)
	node_modules/.bin/vite build --logLevel warn data/dashboard

ifdef DUCKDB
$(DUCKDB): $(MODULES)
	touch $@
endif

test: build test-page consumers
	cargo test $(CARGO_FLAGS)

# What others make of our files, snippets and description, and what proxies do to our answers: their tools are installed, pinned, into
# target/consumers, and what cannot be had here is skipped with a line that says why. CONSUMERS_SPARK=1 has Spark too.
consumers: build
	node --test --test-force-exit --test-concurrency=1 tests/consumers/*.test.mjs

# Clients in Python, TypeScript and Go alone.
clients: build
	node --test --test-force-exit tests/consumers/clients.test.mjs

# The page in a real browser, against the real program; says that it skips where there is no Chromium.
test-page: build
	node --test --test-force-exit --test-concurrency=1 tests/page/*.test.mjs

# Every screen in both sizes, light and dark, into target/screenshots.
screenshots: build
	node tests/page/screenshots.mjs target/screenshots

# What survives bad luck: more kills than `make test` has, and what was counted is printed.
durability: $(READY)
	DURABILITY_CYCLES=$(or $(DURABILITY_CYCLES),1000) cargo test $(CARGO_FLAGS) --test durability -- --nocapture

# Stretches of made-up phones' lives on a disk that fails, with a process that dies and a clock that jumps.
faults: $(READY)
	SCENARIOS=$(or $(SCENARIOS),100) $(if $(SEED),SEED=$(SEED)) cargo test $(CARGO_FLAGS) --test faults

# A made-up person to look around with, for as long as it runs. DEMO_STOP=1 walks through the API instead, and ends.
demo: build
	$(if $(DEMO_STOP),node tests/demo.mjs target/release/health-export,exec target/release/health-export demo $(DEMO))

# No folder of this machine is named in what is released, so the same commit gives the same program on another.
CARGO_HOME ?= $(HOME)/.cargo
PREFIX_MAP := -ffile-prefix-map=$(CARGO_HOME)=cargo -ffile-prefix-map=$(CURDIR)=.
release: export RUSTFLAGS := --remap-path-prefix=$(CARGO_HOME)=cargo --remap-path-prefix=$(CURDIR)=.
release: export CFLAGS := $(PREFIX_MAP)
release: export CXXFLAGS := $(PREFIX_MAP)
release: export CARGO_INCREMENTAL := 0
release: $(PAGE)
	env -u DUCKDB_LIB_DIR cargo build --release --locked

# The list of all dependencies, as CycloneDX.
SBOM := target/health-export.cdx.json
sbom:
	@cargo cyclonedx --version >/dev/null 2>&1 || { echo "first: cargo install cargo-cyclonedx" >&2; exit 1; }
	SOURCE_DATE_EPOCH=$$(git log -1 --format=%ct) cargo cyclonedx --format json
	mkdir -p target
	sed 's|file://$(CURDIR)|file:///health-export|g' health-export.cdx.json >$(SBOM)
	rm health-export.cdx.json

# target/dist/health-export-VERSION-ARCHITECTURE.tar.gz and its .sha256. PROGRAM=... packs one that is built already.
release-archive: sbom $(if $(PROGRAM),,release)
	packaging/archive.sh $(or $(PROGRAM),target/release/health-export) $(SBOM) target/dist

# A Debian package of the program that `make release` has built.
deb: $(if $(PROGRAM),,release)
	cargo deb --no-build --no-strip

install-test:
	tests/install/run.sh

# Licences, origins and known faults of what comes from others; what cannot be asked for here says SKIPPED.
supply-chain:
	.ci/supply-chain

# Each fuzzer for so long; says that it skips where there is no nightly compiler.
FUZZ_SECONDS ?= 20
fuzz: $(READY)
	fuzz/run.sh $(FUZZ_SECONDS) $(FUZZ)

lint: $(READY)
	node_modules/.bin/tsc --project data/dashboard
	cargo fmt --check
	cargo clippy $(CARGO_FLAGS) --all-targets -- -D warnings
	cargo clippy $(CARGO_FLAGS) --test performance --test truth --test faults -- -D warnings

doc: $(READY)
	RUSTDOCFLAGS="-D warnings" cargo doc $(CARGO_FLAGS) --no-deps --document-private-items

# promtool is in Debian's package prometheus.
alerts:
	promtool check rules data/alerts.rules.yml
	promtool test rules tests/alerts/alerts.test.yml

bench: $(READY)
	cargo bench --locked $(FEATURES) --bench figures -- $(BENCH)

# The load suite: LOAD=sustained,stress for some scenarios, SMALL=1 for the small machine, SOAK_MINUTES=10 for the soak as well.
LOAD_SUITE := cargo test $(CARGO_FLAGS) --test performance --

load: $(READY)
	LOAD=$(LOAD) SMALL=$(SMALL) $(LOAD_SUITE) run

# Made-up phones, as many as LIVES says: what the program answers is held against each phone's own statistics. SEED=7 lives one.
truth: $(READY)
	LIVES=$(or $(LIVES),200) $(if $(SEED),SEED=$(SEED)) cargo test $(CARGO_FLAGS) --test truth

load-selftest load-report load-baseline: load-%: $(READY)
	$(LOAD_SUITE) $*

clean:
	cargo clean
	rm -rf node_modules data/dashboard/dist
