//! Holds off alerts and dashboards that watch figures which are not there, and panels that ask addresses which are not there.

use std::collections::BTreeSet;

use health_export::telemetry::table::FIGURES;
use serde_json::{Value, json};

use crate::figures::names;
use crate::support::sources::read;
use crate::support::{InProcess, body};

const RULES: &str = "data/alerts.rules.yml";
const OPERATIONS: &str = "data/grafana/operations.json";
const HEALTH: &str = "data/grafana/health.json";

#[track_caller]
fn assert_known(names: &BTreeSet<String>, place: &str) {
    let unknown = names.iter().filter(|name| !FIGURES.iter().any(|figure| figure.name == **name));
    assert_eq!(unknown.collect::<Vec<_>>(), Vec::<&String>::new(), "{place} uses figures that nobody tells");
}

/// Labels that an expression selects or groups by, after the figure that it names.
fn labels(expression: &str) -> BTreeSet<&str> {
    let selected = expression.split('{').skip(1).filter_map(|rest| rest.split('}').next());
    let pairs = selected.flat_map(|inside| inside.split(',')).filter_map(|pair| pair.split(['=', '!']).next());
    let grouped = expression.split("by (").skip(1).filter_map(|rest| rest.split(')').next());
    pairs.chain(grouped.flat_map(|inside| inside.split(','))).map(str::trim).filter(|name| !name.is_empty()).collect()
}

/// Labels that Prometheus adds itself.
const ADDED: [&str; 3] = ["instance", "job", "le"];

#[track_caller]
fn assert_labels_known(expression: &str) {
    let told = FIGURES.iter().filter(|figure| names(expression).contains(figure.name));
    let told: BTreeSet<&str> = told.flat_map(|figure| figure.labels).copied().chain(ADDED).collect();
    let unknown: Vec<&str> = labels(expression).difference(&told).copied().collect();
    assert_eq!(unknown, Vec::<&str>::new(), "in {expression}");
}

#[test]
fn alerts_watch_figures_that_there_are_and_each_is_tested_and_documented() {
    let (rules, tests, guide) = (read(RULES), read("tests/alerts/alerts.test.yml"), read("docs/monitoring.md"));
    assert_known(&names(&rules), RULES);
    let alerts: Vec<&str> = rules.lines().filter_map(|line| line.trim().strip_prefix("- alert: ")).collect();
    assert!(alerts.len() >= 12, "{alerts:?}");
    for alert in &alerts {
        assert!(tests.contains(&format!("alertname: {alert}\n")), "{alert} is never expected to fire");
        assert!(
            tests.contains(&format!("alertname: {alert}, exp_alerts: []")),
            "{alert} is never expected to be silent"
        );
        assert!(guide.contains(&format!("`{alert}`")), "docs/monitoring.md does not name {alert}");
    }
    assert_eq!(rules.matches("description: ").count(), alerts.len(), "each alert says what to do");
    let expressions = rules.split("expr: ").skip(1).map(|rest| rest.split("labels:").next().unwrap());
    expressions.filter(|expression| !expression.starts_with("up{")).for_each(assert_labels_known);
}

fn dashboard(path: &str) -> Value {
    serde_json::from_str(&read(path)).unwrap_or_else(|fault| panic!("{path}: {fault}"))
}

/// All values under a key, wherever they stand.
fn under<'a>(value: &'a Value, key: &str, found: &mut Vec<&'a Value>) {
    match value {
        Value::Object(fields) => fields.iter().for_each(|(name, value)| {
            if name == key {
                found.push(value);
            }
            under(value, key, found);
        }),
        Value::Array(values) => values.iter().for_each(|value| under(value, key, found)),
        _ => {}
    }
}

fn all<'a>(dashboard: &'a Value, key: &str) -> Vec<&'a Value> {
    let mut found = Vec::new();
    under(dashboard, key, &mut found);
    found
}

/// What Grafana needs to take a dashboard in and to ask for its source of data.
#[track_caller]
fn assert_importable(dashboard: &Value, source: &str) {
    assert!(dashboard["schemaVersion"].as_u64().unwrap() >= 39);
    assert!(dashboard["id"].is_null() && dashboard["uid"].as_str().unwrap().starts_with("health-export-"));
    let inputs = dashboard["__inputs"].as_array().unwrap();
    assert_eq!((inputs.len(), &inputs[0]["type"], &inputs[0]["pluginId"]), (1, &"datasource".into(), &source.into()));
    let given = format!("${{{}}}", inputs[0]["name"].as_str().unwrap());
    let variable = &dashboard["templating"]["list"][0];
    assert_eq!((&variable["type"], &variable["query"]), (&"datasource".into(), &source.into()));
    assert_eq!(variable["current"]["value"], given);
    let chosen = format!("${{{}}}", variable["name"].as_str().unwrap());
    for found in all(&dashboard["panels"], "datasource") {
        assert_eq!((&found["type"], &found["uid"]), (&source.into(), &chosen.clone().into()));
    }
    let panels = dashboard["panels"].as_array().unwrap();
    let ids: BTreeSet<u64> = panels.iter().map(|panel| panel["id"].as_u64().unwrap()).collect();
    assert_eq!(ids.len(), panels.len(), "a panel's id is there twice");
    for panel in panels.iter().filter(|panel| panel["type"] != "row") {
        assert!(!panel["targets"].as_array().unwrap().is_empty(), "{}", panel["title"]);
        let place = &panel["gridPos"];
        assert!(place["x"].as_u64().unwrap() + place["w"].as_u64().unwrap() <= 24, "{}", panel["title"]);
    }
}

#[test]
fn the_dashboard_of_operations_asks_figures_that_there_are() {
    let dashboard = dashboard(OPERATIONS);
    assert_importable(&dashboard, "prometheus");
    let expressions: Vec<&str> = all(&dashboard, "expr").iter().map(|found| found.as_str().unwrap()).collect();
    assert!(expressions.len() >= 20);
    for expression in expressions {
        assert_known(&names(expression), OPERATIONS);
        assert!(!names(expression).is_empty(), "{expression}");
        assert_labels_known(expression);
    }
}

#[test]
fn the_dashboard_of_health_asks_addresses_that_there_are() {
    let dashboard = dashboard(HEALTH);
    assert_importable(&dashboard, "yesoreyeram-infinity-datasource");
    let server = InProcess::start();
    let description = server.client.get("/openapi.json").expect(200);
    // Enough that every kind of answer is there.
    let point = |metric: &str, unit: &str| {
        let point = json!([{"date": "2024-01-10 08:00:00 +0000", "qty": 60, "Min": 50, "Avg": 60, "Max": 70}]);
        server.client.ingest(&body(metric, unit, point)).expect(200);
    };
    point("step_count", "count");
    point("heart_rate", "bpm");
    let targets = all(&dashboard["panels"], "targets").into_iter().flat_map(|targets| targets.as_array().unwrap());
    let mut answered = 0;
    for target in targets {
        let url = target["url"].as_str().unwrap();
        let (path, query) = url.split_once('?').unwrap_or((url, ""));
        let templates = description["paths"].as_object().unwrap().keys();
        assert!(templates.filter(|template| fits(template, path)).count() == 1, "{path}");
        // The very question, with a range of time in place of Grafana's variables, is one that the server takes.
        let filled = query.replace("${__from}", "1704067200000").replace("${__to}", "1706745600000");
        assert!(!filled.contains('$'), "{url} has a variable that this test does not know");
        let answer = server.client.get(&format!("{path}?{filled}"));
        if answer.status == 404 {
            assert!(path.starts_with("/api/v1/aggregate/"), "{url}");
            continue;
        }
        let answer = answer.expect(200);
        let rows =
            answer[target["root_selector"].as_str().unwrap()].as_array().unwrap_or_else(|| panic!("{url}: {answer}"));
        for column in target["columns"].as_array().unwrap() {
            let selector = column["selector"].as_str().unwrap();
            let flat = !selector.contains('.');
            assert!(rows.iter().all(|row| !flat || row.get(selector).is_some()), "{url} has no {selector}: {answer}");
        }
        answered += rows.len();
    }
    assert!(answered >= 4, "only {answered} rows came");
}

fn fits(template: &str, path: &str) -> bool {
    let (template, path): (Vec<&str>, Vec<&str>) = (template.split('/').collect(), path.split('/').collect());
    template.len() == path.len()
        && template.iter().zip(&path).all(|(expected, found)| expected.starts_with('{') || expected == found)
}
