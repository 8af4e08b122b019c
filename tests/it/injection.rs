//! Holds off SQL from outside: strings that would end a text or begin a statement go into every parameter of every GET that
//! the description lists, and change nothing but the answer.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::support::{InProcess, body};

const STRINGS: [&str; 9] = [
    "'",
    "\"",
    "x' OR '1'='1",
    "'; DROP TABLE sample; --",
    "\"; DELETE FROM sample; --",
    "1); ATTACH '/etc/passwd' AS x; --",
    "' UNION SELECT hash FROM api_key --",
    "%' ESCAPE '\\",
    "$(sleep 9)`;{{7*7}}\u{0}",
];

/// What is stored, table by table.
fn rows(server: &InProcess) -> BTreeMap<String, i64> {
    let reader = server.app.store.reader().unwrap();
    let mut statement = reader.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").unwrap();
    let names: Vec<String> = statement.query_map([], |row| row.get(0)).unwrap().map(|name| name.unwrap()).collect();
    let count = |name: &String| reader.query_row(&format!("SELECT count(*) FROM \"{name}\""), [], |row| row.get(0));
    names.iter().map(|name| (name.clone(), count(name).unwrap())).collect()
}

fn escaped(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02x}")).collect()
}

/// The addresses of one GET, with the string in one place after the other.
fn attacks(path: &str, parameters: &[Value], string: &str) -> Vec<String> {
    let string = escaped(string);
    let of = |place: &str| {
        let here = parameters.iter().filter(move |parameter| parameter["in"] == place);
        here.map(|parameter| parameter["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let harmless =
        of("path").iter().fold(path.to_owned(), |path, name| path.replace(&format!("{{{name}}}"), "made_up"));
    let in_path = of("path").into_iter().map(|name| {
        let attacked = path.replace(&format!("{{{name}}}"), &string);
        of("path").iter().fold(attacked, |path, name| path.replace(&format!("{{{name}}}"), "made_up"))
    });
    let in_query = of("query").into_iter().map(|name| format!("{harmless}?{name}={string}"));
    in_path.chain(in_query).collect()
}

#[test]
fn no_parameter_of_any_get_reaches_the_sql() {
    let server = InProcess::start();
    let points: Value =
        (0..50).map(|at| json!({"date": 1_700_000_000 + at * 60, "qty": at, "source": "Watch"})).collect();
    server.client.ingest(&body("made_up", "things", points)).expect(200);
    let described = server.client.get("/openapi.json").expect(200);
    let (before, mut asked) = (rows(&server), 0);
    for (path, methods) in described["paths"].as_object().unwrap() {
        let parameters = methods["get"]["parameters"].as_array().cloned().unwrap_or_default();
        for address in STRINGS.iter().flat_map(|string| attacks(path, &parameters, string)) {
            let answer = server.client.get(&address);
            assert!([200, 400, 404].contains(&answer.status), "{address}: {} {}", answer.status, answer.text());
            let text = String::from_utf8_lossy(&answer.bytes).to_lowercase();
            for leak in ["syntax error", "sqlite", "no such column", "parser error", "binder error", "root:"] {
                assert!(!text.contains(leak), "{address}: {text}");
            }
            asked += 1;
        }
    }
    assert_eq!(rows(&server), before, "something has changed");
    println!("{asked} addresses");
    assert!(asked > 500, "{asked}");
}
