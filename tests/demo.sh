#!/bin/sh
# The whole way in a minute: a server on a temporary data directory, made-up deliveries posted with a key, an aggregate,
# a Parquet file, and an address to open. With DEMO_STOP set it ends there instead of waiting for Ctrl-C.
set -eu

program=$1
folder=$(mktemp -d "${TMPDIR:-/tmp}/health-export-demo.XXXXXX")
export HEALTH_EXPORT_DATA_DIR="$folder/data" HEALTH_EXPORT_HOME_ZONE=Europe/Berlin HEALTH_EXPORT_LOG=warn

"$program" synth --kind hae --years 1 --out "$folder/deliveries"
key=$("$program" key create --name demo --scope ingest,read,export)
"$program" serve --listen 127.0.0.1:0 >"$folder/address" &
server=$!
trap 'kill $server 2>/dev/null; wait $server 2>/dev/null; rm -rf "$folder"' EXIT
trap 'exit 0' INT TERM

address=
for _ in $(seq 100); do
    address=$(sed -n 's/.*\(http:[^ ]*\).*/\1/p' "$folder/address")
    [ -n "$address" ] && break
    sleep 0.1
done
[ -n "$address" ] || { echo "the server did not start" >&2; exit 1; }

ask() { curl --fail-with-body --silent --show-error --header "Authorization: Bearer $key" "$@"; }

echo "Posting a made-up year, a delivery for each month:"
for file in "$folder"/deliveries/*.json; do
    ask --header "automation-aggregation: Hours" --data-binary "@$file" "$address/api/v1/ingest" | head -c 140
    echo " ..."
done
echo
echo "Steps for each month:"
ask "$address/api/v1/aggregate/step_count?bucket=month&stat=sum,count"
echo
echo
ask --output "$folder/samples.parquet" "$address/api/v1/export/samples?format=parquet"
echo "A Parquet file of everything: $(wc -c <"$folder/samples.parquet") bytes at $folder/samples.parquet"
[ "$(head -c 4 "$folder/samples.parquet")" = PAR1 ] || { echo "which is no Parquet file" >&2; exit 1; }
echo
echo "Open   $address/"
echo "Or ask curl -H 'Authorization: Bearer $key' '$address/api/v1/metrics'"
[ -n "${DEMO_STOP:-}" ] && exit 0
echo "Ctrl-C stops the server and removes everything it made."
wait $server
