// Holds off a documented proxy block behind which something of ours does not work. The blocks are those of docs/operations.md, to the
// letter but for names, ports and certificates.

import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { test } from "node:test";

import { finds, HERE, python, world } from "./world.mjs";

const DOCS = readFileSync(join(HERE, "../../docs/operations.md"), "utf8");

/** The code block that has these words. */
function block(words) {
  const found = DOCS.split("```\n").filter((_, at) => at % 2).filter((text) => text.includes(words));
  assert.equal(found.length, 1, words);
  return found[0];
}

const replaced = (text, pairs) => pairs.reduce((text, [from, to]) => {
  assert.ok(text.includes(from), `${from} is not in the block`);
  return text.replaceAll(from, to);
}, text);

const MODULES = "/usr/lib/apache2/modules";

/** How each is run: from its block a file, and the command that stays in the foreground. */
const PROXIES = {
  nginx: {
    words: "proxy_pass http", programs: ["nginx", "/usr/sbin/nginx"], package: "nginx-light",
    config: (block, { port, folder }) => `daemon off; pid ${folder}/pid; error_log ${folder}/log; worker_processes 1;
      events {} http { access_log off; client_body_temp_path ${folder}/a; proxy_temp_path ${folder}/b; fastcgi_temp_path ${folder}/c; uwsgi_temp_path ${folder}/d; scgi_temp_path ${folder}/e;
      ${replaced(block, [["listen 443 ssl", `listen ${port} ssl`], ["/etc/ssl/health", folder]])} }`,
    command: (file) => ["-c", file],
  },
  apache: {
    words: "<VirtualHost", programs: ["apache2", "/usr/sbin/apache2"], package: "apache2",
    config: (block, { port, folder }) => `ServerRoot ${folder}\nPidFile ${folder}/pid\nErrorLog ${folder}/log\nListen ${port}\nServerName localhost\nMutex file:${folder}
      ${["mpm_event", "ssl", "headers", "proxy", "proxy_http", "authz_core", "socache_shmcb"].map((name) => `LoadModule ${name}_module ${MODULES}/mod_${name}.so`).join("\n")}
      ${replaced(block, [["*:443", `*:${port}`], ["/etc/ssl/health", folder]])}`,
    command: (file) => ["-D", "FOREGROUND", "-f", file],
  },
  haproxy: {
    words: "default_backend health", programs: ["haproxy", "/usr/sbin/haproxy"], package: "haproxy",
    config: (block, { port, folder }) => replaced(block, [["bind :443", `bind :${port}`], ["/etc/ssl/health", folder]]),
    command: (file) => ["-db", "-f", file],
  },
  caddy: {
    words: "reverse_proxy", requirements: "requirements-caddy.txt",
    config: (block, { port, folder }) => `{\n admin off\n auto_https off\n}\n${replaced(block, [["health.example.org {", `https://localhost:${port} {\n tls ${folder}/fullchain.pem ${folder}/privkey.pem`]])}`,
    command: (file) => ["run", "--adapter", "caddyfile", "--config", file],
  },
  traefik: {
    words: "loadBalancer", requirements: "requirements-traefik.txt",
    config: (block, { folder }) => `${replaced(block, [["health.example.org", "localhost"]])}tls:\n  stores:\n    default:\n      defaultCertificate:\n        certFile: ${folder}/fullchain.pem\n        keyFile: ${folder}/privkey.pem\n`,
    command: (file, { port }) => [`--providers.file.filename=${file}`, `--entrypoints.websecure.address=:${port}`],
    extension: ".yml",
  },
};

const freePort = () => new Promise((found) => {
  const server = createServer().listen(0, "127.0.0.1", () => {
    const { port } = server.address();
    server.close(() => found(port));
  });
});

const curl = (...args) => spawnSync("curl", ["-sk", "--max-time", "20", ...args], { encoding: "utf8", maxBuffer: 1 << 28 });

async function listens(origin) {
  for (let tries = 0; tries < 100; tries++) {
    if (curl("-o", "/dev/null", `${origin}/health`).status === 0) return;
    await new Promise((later) => setTimeout(later, 100));
  }
  throw new Error(`nothing answers at ${origin}`);
}

async function behind(proxy, program, work) {
  const server = await world();
  const folder = join(server.folder, "proxy");
  mkdirSync(folder);
  spawnSync("openssl", ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", join(folder, "privkey.pem"), "-out", join(folder, "fullchain.pem")]);
  writeFileSync(join(folder, "both.pem"), readFileSync(join(folder, "fullchain.pem"), "utf8") + readFileSync(join(folder, "privkey.pem"), "utf8"));
  const place = { port: await freePort(), folder };
  const file = join(folder, `config${proxy.extension ?? ""}`);
  writeFileSync(file, proxy.config(replaced(block(proxy.words), [["127.0.0.1:8787", server.origin.replace("http://", "")]]), place));
  const child = spawn(program, proxy.command(file, place), { stdio: ["ignore", "ignore", "pipe"], env: { ...process.env, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder } });
  let said = "";
  child.stderr.on("data", (text) => (said += text));
  try {
    await listens(`https://localhost:${place.port}`);
    await work(server, `https://localhost:${place.port}`);
  } catch (fault) {
    fault.message += `\n${said.slice(-1500)}`;
    throw fault;
  } finally {
    child.kill("SIGTERM");
    await server.end();
  }
}

async function everything(server, origin) {
  const key = ["-H", `Authorization: Bearer ${server.key}`];
  // Signing in as an older Safari does, which says where it comes from by Origin alone.
  const jar = join(server.folder, "cookies");
  const own = ["-H", `Origin: ${origin}`, "-H", "Content-Type: application/json"];
  const signed = curl("-i", "-c", jar, ...own, "-d", JSON.stringify({ key: server.key }), `${origin}/api/v1/session`).stdout;
  assert.match(signed, / 200 /, signed);
  assert.match(signed, /set-cookie: __Host-he_session=[^\r]*secure/i, "the cookie is for HTTPS alone");
  const changed = curl("-b", jar, "-X", "PUT", ...own, "-d", "{}", "-w", "%{http_code}", `${origin}/api/v1/settings`).stdout;
  assert.match(changed, /200$/, changed);
  const foreign = curl("-b", jar, "-X", "PUT", "-H", "Origin: https://elsewhere.example", "-d", "{}", "-w", "%{http_code}", `${origin}/api/v1/settings`).stdout;
  assert.match(foreign, /403$/, foreign);

  // An upload of more than the proxies' usual megabyte.
  const points = Array.from({ length: 40_000 }, (_, at) => ({ date: new Date(1.6e12 + at * 60_000).toISOString().replace("T", " ").slice(0, 19) + " +0000", qty: 60 + (at % 9) }));
  const body = join(server.folder, "body.json");
  writeFileSync(body, JSON.stringify({ data: { metrics: [{ name: "walking_heart_rate_average", units: "count/min", data: points }] } }));
  const stored = JSON.parse(curl(...key, "-H", "Content-Type: application/json", "--data-binary", `@${body}`, `${origin}/api/v1/ingest`).stdout);
  assert.equal(stored.received, points.length);

  // Events come at once.
  const events = curl(...key, "-N", "-H", "Accept: text/event-stream", "--max-time", "4", `${origin}/api/v1/requests`);
  assert.match(events.stdout, /event: request/);

  assert.match(curl("-w", "%{http_code}", "-o", "/dev/null", `${origin}/metrics`).stdout, /40[14]/);

  // Tags, not modified, and ranges.
  const head = curl(...key, "-i", "-o", "/dev/null", "-D", "-", `${origin}/api/v1/export/samples?format=parquet`).stdout;
  const tag = head.match(/etag: ([^\r]+)/i)[1];
  assert.equal(curl(...key, "-H", `If-None-Match: ${tag}`, "-o", "/dev/null", "-w", "%{http_code}", `${origin}/api/v1/export/samples?format=parquet`).stdout, "304");
  assert.equal(curl(...key, "-r", "-4", `${origin}/api/v1/export/samples?format=parquet`).stdout, "PAR1");

  // A download that the server does not finish is an error to its client, or it has come whole.
  const url = `${origin}/api/v1/export/samples?format=csv`;
  const whole = Buffer.byteLength(curl(...key, "--compressed", url).stdout);
  assert.ok(whole > 1e6);
  const broken = spawn("curl", ["-sk", ...key, "--compressed", "--limit-rate", "100k", "--max-time", "30", url]);
  const [code, length] = await new Promise((done) => {
    let length = 0;
    broken.stdout.on("data", (piece) => {
      if (length === 0) process.kill(server.pid, "SIGKILL");
      length += piece.length;
    });
    broken.once("close", (code) => done([code, length]));
  });
  assert.ok(code !== 0 || length === whole, `curl ended with ${code} after ${length} of ${whole} bytes`);
}

for (const [name, proxy] of Object.entries(PROXIES)) {
  test(name, { timeout: 300_000 }, async (test) => {
    const tools = proxy.requirements ? python(proxy.requirements) : {};
    if (tools.missing) return test.skip(tools.missing);
    const program = tools.bin ? join(tools.bin, name) : proxy.programs.find(finds);
    if (!program) return test.skip(`no ${name} here: Debian's package ${proxy.package}`);
    if (!finds("curl") || !finds("openssl")) return test.skip("no curl or openssl here");
    await behind(proxy, program, everything);
  });
}
