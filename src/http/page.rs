//! `GET /`: the page, whose files `make page` builds from `data/dashboard` and the program embeds.

use include_dir::{Dir, include_dir};

use crate::error::{Error, Result};
use crate::http::fixed::Page;

static BUILT: Dir = include_dir!("$CARGO_MANIFEST_DIR/data/dashboard/dist");

/// The folder of files that are named by their content.
const ASSETS: &str = "assets";

/// Every file of the page, by its address.
pub fn files() -> Result<Vec<(String, Page)>> {
    let mut files = vec![("/".to_owned(), file("index.html")?)];
    let assets = BUILT.get_dir(ASSETS).map(Dir::files).into_iter().flatten();
    for path in assets.filter_map(|asset| asset.path().to_str()).filter(|path| media_type(path).is_some()) {
        files.push((format!("/{path}"), file(path)?));
    }
    Ok(files)
}

fn file(path: &str) -> Result<Page> {
    let content = |path: &str| BUILT.get_file(path).map(include_dir::File::contents);
    let (Some(text), Some(brotli), Some(media_type)) =
        (content(path), content(&format!("{path}.br")), media_type(path))
    else {
        return Err(Error::internal("embedding the page", format!("{path} was not built")));
    };
    Ok(Page::built(media_type, text, brotli, path.starts_with(ASSETS)))
}

/// Of what a browser asks for; none of the files that only stand beside it.
fn media_type(path: &str) -> Option<&'static str> {
    match path.rsplit_once('.')?.1 {
        "html" => Some("text/html; charset=utf-8"),
        "js" => Some("text/javascript; charset=utf-8"),
        "css" => Some("text/css; charset=utf-8"),
        _ => None,
    }
}
