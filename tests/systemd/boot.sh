#!/usr/bin/env bash
# Boots a real systemd in a container of Debian, and there installs the program as an owner would, lets it crash and hang, backs it up,
# starts the machine anew, and removes it. Outside CI: as root, with Debian's debootstrap and systemd-container.
#
#   tests/systemd/boot.sh PROGRAM     PROGRAM is one that `make release` has built
set -euo pipefail

here=$(cd "$(dirname "$0")/../.." && pwd)
program=${1:?usage: tests/systemd/boot.sh PROGRAM}
[ "$(id -u)" = 0 ] || { echo "a container is booted as root" >&2; exit 2; }
for tool in debootstrap systemd-nspawn nsenter; do
    command -v "$tool" >/dev/null || { echo "$tool is missing: apt install debootstrap systemd-container util-linux" >&2; exit 2; }
done

# The system is fetched once and copied for each run.
system=$here/target/systemd/bookworm
machine=$(mktemp -d)
nspawn='' checks=0
trap 'stop; rm -rf "$machine"' EXIT

main() {
    fetch
    cp -a "$system/." "$machine"
    mkdir "$machine/srv/new"
    cp -r "$here/install.sh" "$here/systemd" "$machine/srv/new"
    cp "$program" "$machine/srv/new/health-export"
    boot
    installs
    starts_again_after_a_crash
    starts_again_after_a_hang
    backs_up_by_night
    starts_with_the_machine
    is_removed
    echo "systemd $(inside systemctl --version | sed -n '1s/systemd \([0-9]*\).*/\1/p'): $checks checks passed"
}

fetch() {
    [ ! -d "$system" ] || return 0
    mkdir -p "$(dirname "$system")"
    debootstrap --variant=minbase --include=systemd,systemd-sysv,curl,procps bookworm "$system.part" >&2
    rm -f "$system.part/etc/machine-id"
    # There is no network to wait for.
    ln -s /dev/null "$system.part/etc/systemd/system/systemd-networkd-wait-online.service"
    mv "$system.part" "$system"
}

# Its own network has nothing but the loopback.
boot() {
    systemd-nspawn --quiet --boot --directory="$machine" --private-network --register=no --keep-unit \
        >"$machine.log" 2>&1 </dev/null &
    nspawn=$!
    eventually 60 "the machine has booted" is_up
}

is_up() {
    leader=$(pgrep -P "$nspawn" | head -n 1)
    [ -n "$leader" ] && [[ $(inside systemctl is-system-running 2>/dev/null) =~ running|degraded ]]
}

stop() {
    if [ -n "$nspawn" ]; then
        inside systemctl poweroff >/dev/null 2>&1 || true
        wait "$nspawn" || true
        nspawn=''
    fi
    rm -f "$machine.log"
}

inside() {
    nsenter --target "$leader" --mount --uts --ipc --net --pid -- "$@"
}

shown() {
    inside systemctl show health-export.service --property "$1" --value
}

check() {
    local what=$1
    shift
    "$@" || { echo "FAILED: $what" >&2; inside journalctl --no-pager -n 30 -u 'health-export*' >&2 || true; exit 1; }
    checks=$((checks + 1))
    echo "ok: $what"
}

# Within so many seconds.
eventually() {
    local seconds=$1 what=$2
    shift 2
    for ((second = 0; second < seconds; second++)); do
        if "$@"; then break; fi
        sleep 1
    done
    check "$what" "$@"
}

is_ready() {
    inside curl -fs http://127.0.0.1:8787/health/ready >/dev/null
}

installs() {
    check "install.sh ends well" inside sh -c 'cd /srv/new && ./install.sh --system >/dev/null'
    eventually 30 "the server is ready" is_ready
    check "its account is its own" [ "$(inside stat -c %U:%a /var/lib/health-export)" = health-export:700 ]
    exposure=$(inside systemd-analyze security health-export.service --no-pager | sed -n 's/.*: \([0-9.]*\) .*/\1/p' | tail -n 1)
    check "systemd-analyze security says $exposure, 1.5 at most" awk -v exposure="$exposure" 'BEGIN { exit !(exposure <= 1.5) }'
    check "installing it again has nothing to do" inside sh -c 'cd /srv/new && ./install.sh --system | grep -q "already up to date"'
    key=$(inside runuser -u health-export -- health-export key create --name test --scope ingest --scope read)
    send
}

send() {
    body='{"data":{"metrics":[{"name":"step_count","units":"count","data":[{"date":"2026-01-01 10:00:00 +0000","qty":1234}]}]}}'
    check "a delivery is stored" inside curl -fs -o /dev/null -H "X-API-Key: $key" -H 'Content-Type: application/json' -d "$body" \
        http://127.0.0.1:8787/api/v1/ingest
}

steps_are_there() {
    inside curl -fs -H "X-API-Key: $key" 'http://127.0.0.1:8787/api/v1/aggregate/step_count?stat=sum&tz=UTC' | grep -q 1234
}

was_restarted() {
    [ "$(shown NRestarts)" = "$1" ] && is_ready
}

starts_again_after_a_crash() {
    inside systemctl kill --signal=KILL health-export.service
    eventually 30 "it is started again after a crash" was_restarted 1
    check "what was acknowledged is there" steps_are_there
}

# The process stands still, so nobody feeds the watchdog.
starts_again_after_a_hang() {
    inside systemctl kill --signal=STOP health-export.service
    eventually 120 "the watchdog starts it again after a hang" was_restarted 2
    check "by the watchdog" inside sh -c 'journalctl --no-pager -u health-export.service | grep -qi "watchdog timeout"'
    check "what was acknowledged is there" steps_are_there
}

backs_up_by_night() {
    check "the backup waits for the night" [ "$(inside systemctl is-active health-export-backup.timer)" = active ]
    check "the backup of the night ends well" inside systemctl start health-export-backup.service
    check "there is one" inside sh -c 'ls /var/lib/health-export/backups/*.db >/dev/null'
}

starts_with_the_machine() {
    stop
    boot
    eventually 30 "it starts with the machine" is_ready
    check "what was acknowledged is there" steps_are_there
}

is_removed() {
    check "it is uninstalled" inside sh -c 'cd /srv/new && ./install.sh --system --uninstall >/dev/null'
    check "its service is gone" [ "$(inside systemctl is-active health-export.service)" != active ]
    check "the data stays" inside test -f /var/lib/health-export/health.db
    check "the data goes with --purge" inside sh -c 'cd /srv/new && ./install.sh --system --purge --yes >/dev/null && [ ! -e /var/lib/health-export ]'
}

main
