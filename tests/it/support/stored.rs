//! What the tables for workouts, events, nights and sleep hold, as JSON.

use health_export::app::App;
use health_export::model::day::date_text;
use health_export::store::nights::read::{Sleep, Summary};
use serde_json::{Value, json};

use super::fill::OWNER;

/// The workouts in order of time, each with what one sender tells of it.
pub fn workouts(app: &App) -> Vec<Value> {
    let sql = "SELECT json_object('id', workout.id, 'start', start, 'activity', workout.activity, 'sender', sender,
                   'sent_id', sent_id, 'account', json(account)) FROM workout_account JOIN workout ON workout.id = workout
               ORDER BY start, workout.id, sender";
    let mut workouts = rows(app, sql);
    for workout in &mut workouts {
        for (name, unit, points) in series(app, workout["id"].as_i64().unwrap()) {
            match name.as_str() {
                "route" => workout["route"] = points,
                _ => workout["series"][name] = json!({"unit": unit, "points": points}),
            }
        }
    }
    workouts
}

fn series(app: &App, workout: i64) -> Vec<(String, String, Value)> {
    let reader = app.store.reader().unwrap();
    let mut statement = reader.prepare("SELECT name, unit, body FROM workout_series WHERE workout = ?1").unwrap();
    let rows = statement.query_map([workout], |row| Ok((row.get(0)?, row.get(1)?, row.get::<_, Vec<u8>>(2)?))).unwrap();
    rows.map(|row| row.map(|(name, unit, body)| (name, unit, unpacked(&body))).unwrap()).collect()
}

/// The events in order of kind and time.
pub fn events(app: &App) -> Vec<Value> {
    let sql = "SELECT json_object('kind', kind, 'start', start, 'span', span, 'code', code, 'name', event.name,
                   'value', value, 'value_sent', value_sent, 'source', source.name, 'offset', offset_minutes,
                   'details', json(details)), series FROM event JOIN source ON source.id = source
               ORDER BY kind, start, code, twin";
    let reader = app.store.reader().unwrap();
    let mut statement = reader.prepare(sql).unwrap();
    let rows =
        statement.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, Option<Vec<u8>>>(1)?))).unwrap();
    let event = |(text, series): (String, Option<Vec<u8>>)| {
        let mut event: Value = serde_json::from_str(&text).unwrap();
        event["series"] = series.map_or(Value::Null, |series| unpacked(&series));
        event
    };
    rows.map(|row| event(row.unwrap())).collect()
}

/// The summed nights that count, in order of date.
pub fn nights(app: &App) -> Vec<Value> {
    let reader = app.store.reader().unwrap();
    let nights = Sleep::of(&reader, OWNER, None).unwrap().summaries(i32::MIN, i32::MAX).unwrap();
    let night = |Summary { night, .. }: Summary| {
        json!({"date": date_text(night.date), "source": night.source, "start": night.start, "end": night.end,
            "in_bed_start": night.in_bed_start, "in_bed_end": night.in_bed_end, "asleep": night.asleep,
            "in_bed": night.in_bed, "core": night.core, "deep": night.deep, "rem": night.rem, "awake": night.awake})
    };
    nights.into_iter().map(night).collect()
}

fn rows(app: &App, sql: &str) -> Vec<Value> {
    let reader = app.store.reader().unwrap();
    let mut statement = reader.prepare(sql).unwrap();
    let rows = statement.query_map([], |row| row.get::<_, String>(0)).unwrap();
    rows.map(|row| serde_json::from_str(&row.unwrap()).unwrap()).collect()
}

fn unpacked(body: &[u8]) -> Value {
    serde_json::from_slice(&zstd::decode_all(body).unwrap()).unwrap()
}
