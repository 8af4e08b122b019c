//! Asks for the page, which the program embeds, and lets a binary that links the ready-made DuckDB library find it without
//! `LD_LIBRARY_PATH`.

use std::path::Path;

/// What `make page` builds.
const PAGE: &str = "data/dashboard/dist";

fn main() {
    println!("cargo:rerun-if-changed={PAGE}");
    if !Path::new(PAGE).join("index.html").exists() {
        println!("cargo:error=the page is not built yet: run `make page`, which needs Node");
    }
    println!("cargo:rerun-if-env-changed=DUCKDB_LIB_DIR");
    if std::env::var_os("CARGO_FEATURE_BUNDLED").is_none()
        && let Ok(folder) = std::env::var("DUCKDB_LIB_DIR")
    {
        println!("cargo:rustc-link-arg=-Wl,-rpath,{folder}");
    }
}
