//! Signing in on the page: a code that works once, a cookie that only the page sends, and ways to end it.

use std::time::{Duration, Instant};

use health_export::model::key::Scope;
use health_export::store::codes;
use serde_json::{Value, json};

use crate::support::{Answer, Client, InProcess, body};

const PATH: &str = "/api/v1/session";
const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:142.0) Gecko/20100101 Firefox/142.0";

fn code(server: &InProcess) -> String {
    codes::make_for_owner(&server.app.store, jiff::Timestamp::now().as_second()).unwrap().code
}

fn sign_in(client: &Client, headers: &[(&str, &str)], body: &Value) -> Answer {
    client.with_key(None).post(PATH, headers, body.to_string().as_bytes())
}

/// What a browser would send back.
#[track_caller]
fn cookie(answer: &Answer) -> String {
    answer.expect(200);
    answer.header("set-cookie").split(';').next().unwrap().to_owned()
}

fn owner(server: &InProcess) -> String {
    cookie(&sign_in(&server.client, &[("user-agent", FIREFOX)], &json!({"code": code(server)})))
}

/// A session of a person with those scopes, by a key.
fn session_of(server: &InProcess, person: &str, scopes: &[Scope]) -> String {
    cookie(&sign_in(&server.client, &[], &json!({"key": server.key(person, scopes)})))
}

fn get(server: &InProcess, path: &str, cookie: &str) -> Answer {
    server.client.with_key(None).get_with(path, &[("cookie", cookie)])
}

fn end(server: &InProcess, path: &str, cookie: &str) -> Answer {
    server.client.with_key(None).request("DELETE", path, &[("cookie", cookie)], b"").expect("no answer")
}

#[test]
fn a_code_signs_in_once_and_the_cookie_is_for_the_page_alone() {
    let server = InProcess::start();
    let code = code(&server);
    let typed = format!(" {}-{} ", &code[..4].to_lowercase(), &code[4..]);
    let answer = sign_in(&server.client, &[("user-agent", FIREFOX)], &json!({"code": typed}));
    let state = answer.expect(200);
    assert_eq!(state["signed_in"], true);
    assert_eq!((&state["person"], &state["admin"]), (&json!("owner"), &json!(true)));
    assert_eq!(state["scopes"], json!(["ingest", "read", "export", "admin"]));
    assert_eq!(
        (&state["home_zone"], &state["units"], &state["plain_http"]),
        (&json!("UTC"), &json!("metric"), &json!(false))
    );
    assert_eq!(answer.header("cache-control"), "no-store");
    let set = answer.header("set-cookie");
    for part in ["he_session=", "; HttpOnly", "; SameSite=Strict", "; Path=/", "; Max-Age="] {
        assert!(set.contains(part), "{set}");
    }
    assert!(!set.contains("Secure") && !set.contains("Domain"), "{set}");
    let cookie = cookie(&answer);
    assert_eq!(get(&server, PATH, &cookie).expect(200), state);
    get(&server, "/api/v1/metrics", &cookie).expect(200);
    get(&server, "/api/v1/backups", &cookie).expect(200);
    assert!(get(&server, "/api/v1/metrics", &cookie).header("vary").contains("Cookie"));
    assert!(sign_in(&server.client, &[], &json!({"code": code})).problem(401).contains("health-export setup"));
}

#[test]
fn behind_https_the_cookie_is_for_https_alone() {
    let server = InProcess::start();
    let answer = sign_in(&server.client, &[("x-forwarded-proto", "https")], &json!({"code": code(&server)}));
    assert!(answer.header("set-cookie").contains("; Secure"), "{}", answer.header("set-cookie"));
}

#[test]
fn of_two_at_once_one_is_signed_in() {
    let server = InProcess::start();
    for _ in 0..5 {
        let code = code(&server);
        let mut statuses: Vec<u16> = std::thread::scope(|scope| {
            let tries: Vec<_> = (0..4)
                .map(|_| scope.spawn(|| sign_in(&server.client.fresh(), &[], &json!({"code": code})).status))
                .collect();
            tries.into_iter().map(|one| one.join().unwrap()).collect()
        });
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 401, 401, 401]);
    }
}

#[test]
fn wrong_used_and_expired_codes_are_told_the_same() {
    let server = InProcess::start();
    let now = jiff::Timestamp::now().as_second();
    let expired = codes::make_for_owner(&server.app.store, now - 1_800).unwrap().code;
    let used = code(&server);
    sign_in(&server.client, &[], &json!({"code": used})).expect(200);
    let told = [expired.as_str(), &used, "0000000000", "no code at all", "' OR 1=1 --", ""].map(|code| {
        let answer = sign_in(&server.client, &[], &json!({"code": code}));
        assert_eq!(answer.header("set-cookie"), "");
        answer.problem(401)
    });
    assert!(told.iter().all(|one| *one == told[0]), "{told:?}");
}

#[test]
fn bodies_that_are_none_are_refused_without_repeating_them() {
    let server = InProcess::start();
    let bare = server.client.with_key(None);
    let large = format!("{{\"code\":\"{}\"}}", "A".repeat(5_000));
    for wrong in [
        "",
        "{}",
        "null",
        "[]",
        "\"SECRET12AB\"",
        r#"{"code":"SECRET12AB","key":"he_SECRET"}"#,
        r#"{"code":7}"#,
        r#"{"code":["SECRET12AB"]}"#,
        r#"{"code":"SECRET12AB","more":1}"#,
        r#"{"code":"SECRET12AB""#,
        "code=SECRET12AB",
    ] {
        let detail = bare.post(PATH, &[], wrong.as_bytes()).problem(400);
        assert!(detail.contains("\"code\"") && !detail.contains("SECRET"), "{wrong}: {detail}");
    }
    bare.post(PATH, &[], large.as_bytes()).problem(401);
    bare.post(&format!("{PATH}?code=ABCDEFGHJK"), &[], b"{}").problem(400);
}

#[test]
fn who_shows_nothing_or_something_wrong_is_signed_out() {
    let server = InProcess::start();
    let key = server.key("owner", &[Scope::Read]);
    for cookie in ["he_session=", "he_session=wrong", "other=1", "he_session", "", "=;=;", &format!("he_session={key}")]
    {
        let state = get(&server, PATH, cookie).expect(200);
        assert_eq!(state, json!({"signed_in": false, "version": env!("CARGO_PKG_VERSION")}), "{cookie}");
        get(&server, "/api/v1/metrics", cookie).problem(401);
    }
    let state = server.client.with_key(Some(&key)).get(PATH).expect(200);
    assert_eq!(
        (&state["signed_in"], &state["admin"], &state["scopes"]),
        (&json!(true), &json!(false), &json!(["read"]))
    );
    // The secret of a cookie is no key.
    let cookie = owner(&server);
    let secret = cookie.strip_prefix("he_session=").unwrap();
    server.client.with_key(Some(secret)).get("/api/v1/metrics").problem(401);
}

#[test]
fn what_other_sites_send_is_refused_where_the_cookie_would_count() {
    let server = InProcess::start();
    let cookie = owner(&server);
    let bare = server.client.with_key(None);
    let host = server.client.base().to_owned();
    let send = |headers: &[(&str, &str)]| {
        let headers = [&[("cookie", cookie.as_str())], headers].concat();
        let order = json!({"order": []}).to_string();
        bare.request("PUT", "/api/v1/sources", &headers, order.as_bytes()).expect("no answer").status
    };
    for from in [
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
        ("origin", "http://evil.test"),
        ("origin", "null"),
        ("origin", "http://127.0.0.1:1"),
    ] {
        assert_eq!(send(&[from]), 403, "{from:?}");
    }
    for from in
        [("sec-fetch-site", "same-origin"), ("sec-fetch-site", "none"), ("origin", host.as_str()), ("x-none", "")]
    {
        assert_eq!(send(&[from]), 200, "{from:?}");
    }
    let cross = ("sec-fetch-site", "cross-site");
    let delivery = body("step_count", "count", json!([])).to_string();
    bare.post("/api/v1/ingest", &[("cookie", &cookie), cross], delivery.as_bytes()).problem(403);
    bare.post(PATH, &[cross], json!({"code": code(&server)}).to_string().as_bytes()).problem(403);
    assert_eq!(bare.request("DELETE", PATH, &[("cookie", &cookie), cross], b"").unwrap().status, 403);
    // A key in a header is nothing that a browser adds by itself.
    server.client.post("/api/v1/ingest", &[("cookie", &cookie), cross], delivery.as_bytes()).expect(200);
    bare.get_with("/api/v1/metrics", &[("cookie", &cookie), cross]).expect(200);
}

#[test]
fn a_key_in_a_header_goes_before_a_cookie() {
    let server = InProcess::start();
    let cookie = owner(&server);
    let with = |key: &str, path: &str| server.client.with_key(Some(key)).get_with(path, &[("cookie", &cookie)]);
    with("he_wrong", "/api/v1/metrics").problem(401);
    with(&server.key("owner", &[Scope::Read]), "/api/v1/backups").problem(403);
    assert_eq!(with(&server.key("ben", &[Scope::Read]), PATH).expect(200)["person"], "ben");
    // What a proxy in front asks for is no key of ours.
    let basic = [("authorization", "Basic eDp5"), ("cookie", cookie.as_str())];
    server.client.with_key(None).get_with("/api/v1/metrics", &basic).expect(200);
}

#[test]
fn sessions_are_listed_and_ended_each_by_who_may() {
    let server = InProcess::start();
    let (first, second) = (owner(&server), owner(&server));
    let ben = session_of(&server, "ben", &[Scope::Read]);
    let list = |cookie: &str| get(&server, "/api/v1/sessions", cookie).expect(200)["sessions"].clone();
    let all = list(&first);
    assert_eq!(all.as_array().unwrap().len(), 3);
    let own: Vec<&Value> = all.as_array().unwrap().iter().filter(|one| one["current"] == true).collect();
    assert_eq!((own.len(), &own[0]["browser"], &own[0]["person"]), (1, &json!("Firefox on Linux"), &json!("owner")));
    let of_ben = list(&ben);
    assert_eq!((of_ben.as_array().unwrap().len(), &of_ben[0]["current"]), (1, &json!(true)));
    let id = |entry: &Value| entry["id"].as_i64().unwrap();
    end(&server, &format!("/api/v1/sessions/{}", id(own[0])), &ben).problem(404);
    for none in ["0", "-1", "999999", "none", "99999999999999999999", "1%00"] {
        end(&server, &format!("/api/v1/sessions/{none}"), &first).problem(404);
    }
    assert_eq!(end(&server, &format!("/api/v1/sessions/{}", id(&of_ben[0])), &first).status, 204);
    get(&server, "/api/v1/metrics", &ben).problem(401);
    assert_eq!(end(&server, PATH, &second).status, 204);
    get(&server, "/api/v1/metrics", &second).problem(401);
    assert_eq!(list(&first).as_array().unwrap().len(), 1);
}

#[test]
fn signing_out_takes_the_cookie_away_and_signing_in_again_replaces_it() {
    let server = InProcess::start();
    let first = owner(&server);
    let second = cookie(&sign_in(&server.client, &[("cookie", &first)], &json!({"code": code(&server)})));
    get(&server, "/api/v1/metrics", &first).problem(401);
    get(&server, "/api/v1/metrics", &second).expect(200);
    let out = end(&server, PATH, &second);
    assert_eq!(out.status, 204);
    assert!(out.header("set-cookie").starts_with("he_session=;") && out.header("set-cookie").contains("Max-Age=0"));
    assert_eq!(get(&server, PATH, &second).expect(200)["signed_in"], false);
    assert_eq!(end(&server, PATH, &second).status, 204, "signed out is signed out");
    assert_eq!(end(&server, PATH, "").status, 204);
}

#[test]
fn a_session_by_key_has_its_scopes_and_ends_with_it() {
    let server = InProcess::start();
    sign_in(&server.client, &[], &json!({"key": server.key("owner", &[Scope::Ingest])})).problem(403);
    sign_in(&server.client, &[], &json!({"key": "he_wrong"})).problem(401);
    sign_in(&server.client, &[], &json!({"key": ""})).problem(401);
    let cookie = session_of(&server, "ben", &[Scope::Read]);
    get(&server, "/api/v1/metrics", &cookie).expect(200);
    get(&server, "/api/v1/export/samples", &cookie).problem(403);
    let revoke = "UPDATE api_key SET revoked_at = 1 WHERE user = (SELECT id FROM user WHERE name = 'ben')";
    server.app.store.writer().run(move |writing| Ok(writing.connection.execute(revoke, [])?)).unwrap();
    get(&server, "/api/v1/metrics", &cookie).problem(401);
}

#[test]
fn too_many_wrong_codes_have_to_wait_and_a_right_one_is_let_in() {
    let server = InProcess::start_with(&[("wrong_keys_per_minute", "3")]);
    for _ in 0..3 {
        sign_in(&server.client, &[], &json!({"code": "0000000000"})).problem(401);
    }
    sign_in(&server.client, &[], &json!({"code": "0000000000"})).problem(429);
    sign_in(&server.client, &[], &json!({"key": "he_wrong"})).problem(429);
    owner(&server);
}

#[test]
fn what_a_page_sends_is_stored_like_an_import_from_the_command_line() {
    let server = InProcess::start();
    let cookie = owner(&server);
    let etag = || get(&server, "/api/v1/data/step_count", &cookie).header("etag").to_owned();
    let points = json!([{"date": "2024-02-05 10:00:00 +0000", "qty": 5, "source": "Watch"}]);
    let delivery = body("step_count", "count", points).to_string();
    let bare = server.client.with_key(None);
    let receipt = bare.post("/api/v1/ingest", &[("cookie", &cookie)], delivery.as_bytes()).expect(200);
    assert_eq!(receipt["stored"], 1);
    let reader = server.app.store.reader().unwrap();
    let keys: i64 = reader.query_row("SELECT count(api_key) FROM delivery", [], |row| row.get(0)).unwrap();
    assert_eq!(keys, 0);
    assert_eq!(get(&server, "/api/v1/coverage", &cookie).expect(200)["automations"], json!([]));
    // Neither signing in nor out changes anybody's answers.
    let before = etag();
    end(&server, PATH, &owner(&server));
    assert_eq!(etag(), before);
}

#[test]
fn use_prolongs_a_session() {
    let server = InProcess::start();
    let cookie = owner(&server);
    let back = "UPDATE session SET last_used_at = last_used_at - 86400, expires_at = expires_at - 86400";
    server.app.store.writer().run(move |writing| Ok(writing.connection.execute(back, [])?)).unwrap();
    let used = || -> i64 {
        let reader = server.app.store.reader().unwrap();
        reader.query_row("SELECT expires_at - unixepoch() FROM session", [], |row| row.get(0)).unwrap()
    };
    assert!(used() < 89 * 86_400 + 10);
    get(&server, "/api/v1/metrics", &cookie).expect(200);
    let begun = Instant::now();
    while used() < 90 * 86_400 - 60 {
        assert!(begun.elapsed() < Duration::from_secs(10), "{}", used());
        std::thread::sleep(Duration::from_millis(20));
    }
    let over = "UPDATE session SET expires_at = unixepoch()";
    server.app.store.writer().run(move |writing| Ok(writing.connection.execute(over, [])?)).unwrap();
    get(&server, "/api/v1/metrics", &cookie).problem(401);
}

#[test]
fn the_owner_lets_others_in_who_may_do_less() {
    let server = InProcess::start();
    let (admin, ben) = (owner(&server), server.client.with_key(Some(&server.key("ben", &[Scope::Read]))));
    let bare = server.client.with_key(None);
    let make = |body: &str| bare.post("/api/v1/codes", &[("cookie", &admin)], body.as_bytes());
    let made = make(r#"{"person":"ben"}"#).expect(201);
    let code = made["code"].as_str().unwrap();
    assert_eq!(made["path"], format!("/#{code}"));
    assert_eq!(code.len(), 10);
    let signed_in = sign_in(&server.client, &[], &json!({"code": code}));
    let state = signed_in.expect(200);
    assert_eq!((&state["person"], &state["admin"]), (&json!("ben"), &json!(false)));
    assert_eq!(state["scopes"], json!(["read", "export", "ingest"]));
    bare.post("/api/v1/codes", &[("cookie", &cookie(&signed_in))], b"{}").problem(403);
    ben.post("/api/v1/codes", &[], b"{}").problem(403);
    assert!(make("{}").expect(201)["code"].is_string());
    assert!(make(r#"{"person":"nobody"}"#).problem(404).contains("nobody"));
    for wrong in ["", "[]", r#"{"person":7}"#, r#"{"people":"ben"}"#] {
        make(wrong).problem(400);
    }
}

#[test]
fn over_https_the_cookie_is_one_that_nothing_else_can_set() {
    let server = InProcess::start();
    let https = ("x-forwarded-proto", "https");
    let answer = sign_in(&server.client, &[https], &json!({"code": code(&server)}));
    let set = answer.header("set-cookie").to_owned();
    for part in ["__Host-he_session=", "; Secure", "; HttpOnly", "; SameSite=Strict", "; Path=/", "; Max-Age=7776000"] {
        assert!(set.contains(part), "{set}");
    }
    assert!(!set.contains("Domain"), "{set}");
    let cookie = cookie(&answer);
    let bare = server.client.with_key(None);
    let get = |cookie: &str, headers: &[(&str, &str)]| {
        bare.get_with("/api/v1/metrics", &[headers, &[("cookie", cookie)]].concat()).status
    };
    assert_eq!(get(&cookie, &[https]), 200);
    // Another port of this host can set the plain one, but not this; and over HTTP no browser would send it.
    let planted = cookie.strip_prefix("__Host-").unwrap();
    assert_eq!((get(planted, &[https]), get(&cookie, &[])), (401, 401));
    assert_eq!(get(&format!("he_session=other; {cookie}"), &[https]), 200);
    let elsewhere = [("cookie", &*cookie), https, ("sec-fetch-site", "cross-site")];
    bare.post("/api/v1/backup", &elsewhere, b"").problem(403);
    let out = bare.request("DELETE", PATH, &[("cookie", &cookie), https], b"").unwrap();
    let gone = out.header("set-cookie");
    assert!(
        gone.starts_with("__Host-he_session=;") && gone.contains("; Secure") && gone.contains("Max-Age=0"),
        "{gone}"
    );
    assert_eq!(get(&cookie, &[https]), 401);
}

#[test]
fn the_cookie_lasts_as_long_as_the_session_and_is_renewed_with_it() {
    let server = InProcess::start();
    for path in ["/api/v1/metrics", PATH] {
        let answer = sign_in(&server.client, &[], &json!({"code": code(&server)}));
        assert!(answer.header("set-cookie").contains("; Max-Age=7776000"), "{}", answer.header("set-cookie"));
        let cookie = cookie(&answer);
        assert_eq!(get(&server, path, &cookie).header("set-cookie"), "", "it is fresh");
        let back = "UPDATE session SET last_used_at = last_used_at - 86400, expires_at = expires_at - 86400";
        server.app.store.writer().run(move |writing| Ok(writing.connection.execute(back, [])?)).unwrap();
        let renewed = get(&server, path, &cookie);
        let set = renewed.header("set-cookie");
        assert!(set.starts_with(&format!("{cookie};")) && set.contains("; Max-Age=7776000"), "{set}");
        let key = server.key("owner", &[Scope::Read]);
        let by_key = server.client.with_key(Some(&key)).get_with(path, &[("cookie", &cookie)]);
        assert_eq!(by_key.header("set-cookie"), "", "a key goes first");
    }
}

#[test]
fn a_key_begins_so_many_sessions_and_no_more() {
    let server = InProcess::start();
    let (key, other) = (server.key("owner", &[Scope::Read]), server.key("owner", &[Scope::Read]));
    let begin = |key: &str| cookie(&sign_in(&server.client, &[], &json!({"key": key})));
    let (first_of_other, admin) = (begin(&other), owner(&server));
    let begun: Vec<String> = (0..40).map(|_| begin(&key)).collect();
    let listed = get(&server, "/api/v1/sessions", &admin).expect(200)["sessions"].as_array().unwrap().len();
    assert_eq!(listed, 32 + 2);
    get(&server, "/api/v1/metrics", &begun[0]).problem(401);
    for good in [&begun[39], &begun[8], &first_of_other, &admin] {
        get(&server, "/api/v1/metrics", good).expect(200);
    }
}

#[test]
fn a_session_is_ended_by_who_may_do_as_much() {
    let server = InProcess::start();
    let (admin, mine, twin) =
        (owner(&server), session_of(&server, "owner", &[Scope::Read]), session_of(&server, "owner", &[Scope::Read]));
    let id = |cookie: &str| {
        let all = get(&server, "/api/v1/sessions", cookie).expect(200);
        let own = all["sessions"].as_array().unwrap().iter().find(|one| one["current"] == true).unwrap().clone();
        own["id"].as_i64().unwrap()
    };
    let path = |id: i64| format!("/api/v1/sessions/{id}");
    let (of_admin, of_mine, of_twin) = (id(&admin), id(&mine), id(&twin));
    for scopes in [vec![Scope::Read], vec![Scope::Read, Scope::Ingest, Scope::Export]] {
        let by_key = server.client.with_key(Some(&server.key("owner", &scopes)));
        for id in [of_admin, of_mine, 999_999] {
            let refused = by_key.request("DELETE", &path(id), &[], b"").unwrap();
            assert!(refused.problem(403).contains("admin"), "{}", refused.text());
        }
    }
    assert!(end(&server, &path(of_admin), &mine).problem(403).contains("admin"));
    get(&server, "/api/v1/metrics", &admin).expect(200);
    assert_eq!(end(&server, &path(of_twin), &mine).status, 204);
    assert_eq!(end(&server, &path(of_mine), &mine).status, 204);
    let by_admin = server.client.with_key(Some(&server.key("owner", &[Scope::Admin])));
    assert_eq!(by_admin.request("DELETE", &path(of_admin), &[], b"").unwrap().status, 204);
}
