// Seeds for the fuzzers from the fixtures of the tests: node fuzz/seed.mjs FOLDER makes FOLDER/TARGET/ for each target.
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';

const folder = process.argv[2];
const fixtures = join(dirname(fileURLToPath(import.meta.url)), '../tests/fixtures');
let seeds = 0;

function seed(target, name, bytes) {
    mkdirSync(join(folder, target), { recursive: true });
    writeFileSync(join(folder, target, name.replaceAll('/', '_')), bytes);
    seeds += 1;
}

/** A byte before the rest tells the target how to read it; 0 is the plainest way. */
const first = (kind, bytes) => Buffer.concat([Buffer.from([kind]), Buffer.from(bytes)]);

function files(place) {
    return readdirSync(place).sort().map((name) => join(place, name)).flatMap((path) => (statSync(path).isDirectory() ? files(path) : [path]));
}

/** What a fixture of a delivery has as its body. */
function bodyOf(fixture) {
    if (fixture.text !== undefined) return fixture.text;
    return typeof fixture.body === 'string' ? fixture.body : JSON.stringify(fixture.body ?? {});
}

for (const [place, target] of [['traps', 'auto_export'], ['shortcuts', 'shortcuts']]) {
    for (const path of files(join(fixtures, place))) {
        const body = bodyOf(JSON.parse(readFileSync(path)));
        const name = path.split('/').at(-1);
        seed(target, name, first(0, body));
        seed('understand', name, body);
        seed('recognise', name, body);
    }
}
for (const path of files(join(fixtures, 'bad'))) {
    const name = path.slice(fixtures.length + 1);
    for (const target of ['understand', 'recognise']) seed(target, name, readFileSync(path));
    for (const target of ['auto_export', 'shortcuts']) seed(target, name, first(0, readFileSync(path)));
}
for (const path of files(join(fixtures, 'apple'))) {
    const target = { xml: 'apple_export', gpx: 'gpx', csv: 'ecg' }[path.split('.').at(-1)];
    if (target) seed(target, path.split('/').at(-1), readFileSync(path));
}
const sample = readFileSync(join(fixtures, 'apple/export/export.xml')).subarray(0, 4000);
[gzipSync, deflateSync, brotliCompressSync].forEach((pack, kind) => seed('inflate', `packed-${kind}`, first(kind, pack(sample))));
const table = 'Date,Step Count (count),Heart Rate [Avg] (count/min)\n2026-09-15 07:30:00,12,61.5\n2026-09-15 07:31:00,"1,5",\n';
seed('csv', 'points', first(0, table));
seed('csv', 'workouts', first(1, 'Workout Type,Start,End,Duration\nRunning,2026-09-15 07:30,2026-09-15 08:00,00:30:00\n'));
const form = '--XX\r\nContent-Disposition: form-data; name="steps"\r\n\r\n8412\r\n--XX\r\nContent-Disposition: form-data; name="f"; filename="a.csv"\r\n\r\n' + table + '\r\n--XX--\r\n';
seed('multipart', 'told', first(1, form));
seed('multipart', 'found', first(0, form));
seed('understand', 'form', form);
seed('query', 'range', 'start=2026-01-01&end=2026-02-01T00:00:00%2B01:00&tz=Europe/Berlin&layer=day&bucket=15m&stat=min,p95');
['2024-02-06 14:30:00 -0800', '2/6/24, 2:30 PM', '6.2.2024 14:30', '2024-02-06T14:30:00.5+01:00', '1707229800', '上午 6:30', 'Europe/Berlin']
    .forEach((text, at) => seed('dates', `date-${at}`, text));
['8,412', '8.412,5 kg', '1 234,5', '٨٤١٢', '72.5kg', '-1.5e3', '½', 'de_DE'].forEach((text, at) => seed('numbers', `number-${at}`, text));
console.log(`${seeds} seeds`);
