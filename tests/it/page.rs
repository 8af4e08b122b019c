//! The page as it is handed out: what it is made of, how long it is kept, and what it may do.

use crate::support::{Client, InProcess};

/// The script and the style sheet that the page asks for.
fn assets(client: &Client) -> Vec<String> {
    let page = client.get("/").text();
    let addresses: Vec<String> =
        page.split('"').filter(|part| part.starts_with("/assets/")).map(str::to_owned).collect();
    assert_eq!(addresses.len(), 2, "{page}");
    addresses
}

#[test]
fn the_page_may_only_use_what_this_server_gives() {
    let server = InProcess::start();
    let page = server.client.with_key(None).get("/");
    assert_eq!((page.status, page.header("content-type")), (200, "text/html; charset=utf-8"));
    let policy = page.header("content-security-policy");
    for part in
        ["default-src 'self'", "script-src 'self'", "style-src 'self'", "frame-ancestors 'none'", "base-uri 'none'"]
    {
        assert!(policy.split("; ").any(|given| given == part), "{policy}");
    }
    assert!(!policy.contains("unsafe") && !policy.contains("http") && !policy.contains('*'), "{policy}");
    assert!(!page.text().contains("<style") && !page.text().contains("style="), "no style stands in the page");
}

#[test]
fn what_is_named_by_its_content_is_kept_and_the_page_itself_is_asked_for_again() {
    let server = InProcess::start();
    let client = server.client.with_key(None);
    let page = client.get("/");
    assert_eq!(page.header("cache-control"), "no-cache");
    assert_eq!(client.get_with("/", &[("if-none-match", page.header("etag"))]).status, 304);
    for address in assets(&client) {
        let asset = client.get(&address);
        assert_eq!(asset.status, 200, "{address}");
        assert_eq!(asset.header("cache-control"), "public, max-age=31536000, immutable", "{address}");
        assert_eq!(client.get_with(&address, &[("if-none-match", asset.header("etag"))]).status, 304, "{address}");
    }
    assert_eq!(client.get("/assets/app.js.br").status, 404, "what stands beside a file is no file");
}

#[test]
fn browsers_get_what_was_compressed_when_it_was_built() {
    let server = InProcess::start();
    let client = server.client.with_key(None);
    for address in assets(&client) {
        let plain = client.get_with(&address, &[("accept-encoding", "identity")]);
        let small = client.get_with(&address, &[("accept-encoding", "gzip, deflate, br, zstd")]);
        assert_eq!((plain.header("content-encoding"), small.header("content-encoding")), ("", "br"), "{address}");
        assert_ne!(plain.header("etag"), small.header("etag"), "a strong tag is of the very bytes");
        let mut unpacked = Vec::new();
        brotli::BrotliDecompress(&mut &small.bytes[..], &mut unpacked).unwrap();
        assert!(unpacked == plain.bytes, "{address} is another under brotli");
        let gzip = client.get_with(&address, &[("accept-encoding", "gzip, br;q=0")]);
        assert_eq!(gzip.header("content-encoding"), "gzip", "{address}");
    }
}
