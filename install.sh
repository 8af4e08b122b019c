#!/bin/sh
# Installs, upgrades and removes health-export. Run again, it upgrades or says that there is nothing to do; data and
# config.toml are never overwritten. The whole script is one function, so half a download does nothing.
set -eu

usage() {
    cat <<'TEXT'
usage: ./install.sh [--system | --user] [options]

  --system        for the whole machine: /usr/local, a service, an account of its own (as root; the default there)
  --user          for this account: ~/.local, a service of systemctl --user; needs no root
  --from ARCHIVE  install from a release archive, a file or a URL; its SHA-256 must lie beside it, as ARCHIVE.sha256
                  or in SHA256SUMS. Without it: what lies beside this script, else built from source (half an hour)
  --key KEY       the archive must also be signed: ARCHIVE.minisig lies beside it, and KEY is minisign's public key, the
                  line itself or a file. Without it, a minisign.pub beside this script is used
  --lan           listen on all networks, not only on this machine
  --port PORT     listen on this port (default 8787)
  --prefix DIR    where bin/ is (default /usr/local, with --user ~/.local)
  --no-service    only the program, no service
  --no-backup     no backup before an upgrade
  --dry-run       print what would be done, change nothing
  --rollback      go back to the version that the last upgrade has replaced
  --uninstall     remove the program and its service; the data stays
  --purge         the same, and delete the data as well; asks first, --yes does not
  --root DIR      install below DIR, for packagers: starts nothing, makes no account
TEXT
}

main() {
    mode='' action=install from='' key='' lan='' port='' prefix='' service=1 backup=1 dry='' yes='' root=''
    temporary='' folder='' old_kept='' upgrading=''
    arguments "$@"
    here=$(cd "$(dirname "$0")" && pwd)
    trap clean_up EXIT
    trap 'exit 130' INT TERM HUP
    choose_mode
    choose_places
    case $action in
        install) install_all ;;
        rollback) roll_back ;;
        uninstall) uninstall ;;
        purge) uninstall; purge ;;
    esac
}

arguments() {
    while [ $# -gt 0 ]; do
        case $1 in
            --from | --key | --port | --prefix | --root)
                if [ $# -lt 2 ] || [ -z "$2" ]; then wrong "$1 needs a value."; fi
                case $1 in
                    --from) from=$2 ;;
                    --key) key=$2 ;;
                    --port) port=$2 ;;
                    --prefix) prefix=$2 ;;
                    --root) root=${2%/} ;;
                esac
                shift
                ;;
            --system | --user) mode=${1#--} ;;
            --rollback | --uninstall | --purge) action=${1#--} ;;
            --lan) lan=1 ;;
            --no-service) service='' ;;
            --no-backup) backup='' ;;
            --dry-run) dry=1 ;;
            --yes | -y) yes=1 ;;
            --help | -h) usage; exit 0 ;;
            *) wrong "$1 is not known." ;;
        esac
        shift
    done
    case $port in
        *[!0-9]* | ??????*) wrong "--port $port is no port." ;;
    esac
    case $root in
        '' | /*) ;;
        *) wrong "--root must be an absolute path." ;;
    esac
    case $prefix in
        '' | /*) ;;
        *) wrong "--prefix must be an absolute path." ;;
    esac
    is_plain "$prefix" || wrong "--prefix $prefix: only A-Z, a-z, 0-9 and / . _ - may be in it, for it goes into systemd's units."
}

# Whether a path has nothing in it that a unit or sed would take for something else.
is_plain() (
    LC_ALL=C
    case $1 in *[!A-Za-z0-9/._-]*) exit 1 ;; esac
)

say() { printf '%s\n' "$*"; }

wrong() {
    say "install.sh: $*" >&2
    usage >&2
    exit 2
}

fail() {
    say "install.sh: $*" >&2
    exit 1
}

# Prints a command and does it, unless this is a rehearsal.
run() {
    say "+ $*"
    [ -n "$dry" ] || "$@"
}

clean_up() {
    [ -z "$temporary" ] || rm -rf "$temporary"
}

has() { command -v "$1" >/dev/null 2>&1; }

choose_mode() {
    if [ -z "$mode" ]; then
        [ "$(id -u)" -eq 0 ] || [ -n "$root" ] || [ -n "$dry" ] ||
            fail "say for whom: 'sudo ./install.sh' for the whole machine, or './install.sh --user' for this account."
        mode=system
    fi
    if [ "$mode" = system ] && [ -z "$root" ] && [ -z "$dry" ] && [ "$(id -u)" -ne 0 ]; then
        fail "this writes to /usr/local and /etc: run it as root (sudo ./install.sh ...), or use --user."
    fi
    if [ "$mode" = user ] && [ "$(id -u)" -eq 0 ] && [ -z "$root" ] && [ -n "${SUDO_USER:-}" ]; then
        fail "--user is for your own account: run it without sudo."
    fi
}

choose_places() {
    if [ "$mode" = user ]; then
        [ -n "${HOME:-}" ] || fail "HOME is not set."
        prefix=${prefix:-$HOME/.local}
        data=$root${XDG_DATA_HOME:-$HOME/.local/share}/health-export
        units=$root${XDG_CONFIG_HOME:-$HOME/.config}/systemd/user
        unit_source=systemd/user
    else
        prefix=${prefix:-/usr/local}
        data=$root/var/lib/health-export
        units=$root/etc/systemd/system
        unit_source=systemd
    fi
    is_plain "$prefix" || fail "$prefix cannot stand in a unit of systemd: choose another place with --prefix."
    program=$root$prefix/bin/health-export
    # A service only where systemd is what started the machine; below --root its files are written and nothing is started.
    live=''
    if [ -n "$service" ] && [ -z "$root" ]; then
        if systemd_runs; then live=1; else service=''; fi
    fi
    # Where there is no service, the program is run by hand, on the data of whoever runs it.
    if [ "$mode" = system ] && [ -z "$service" ] && [ ! -d "$data" ]; then
        data=$root${XDG_DATA_HOME:-${HOME:-/root}/.local/share}/health-export
    fi
    if [ "$mode" = user ] && [ -n "$service" ]; then
        is_plain "${XDG_DATA_HOME:-}" || fail "XDG_DATA_HOME=$XDG_DATA_HOME cannot stand in a unit of systemd: use --no-service."
    fi
}

# The service's account can put anything into its folder; nothing is written through a link that lies there.
refuse_links() {
    [ -n "$lan$port" ] || return 0
    if [ -L "$data/config.toml" ] && [ ! -e "$data/config.toml" ]; then
        fail "$data/config.toml is a symbolic link to nothing: remove it, and run this again."
    fi
    if [ -n "$root" ] && [ -L "$data" ]; then
        fail "$data is a symbolic link, which may lead out of $root: remove it, and run this again."
    fi
}

# Whether systemd has started this machine, and with --user, can be reached from this session.
systemd_runs() {
    has systemctl || return 1
    if [ "$mode" = user ]; then state=$(systemctl --user is-system-running 2>/dev/null || true); else
        state=$(systemctl is-system-running 2>/dev/null || true)
    fi
    case $state in '' | offline | unknown) return 1 ;; esac
}

systemctl_here() {
    if [ "$mode" = user ]; then run systemctl --user "$@"; else run systemctl "$@"; fi
}

# Whether the data belongs to an account of its own.
has_account() {
    [ "$mode" = system ] && [ -z "$root" ] && id health-export >/dev/null 2>&1
}

# Runs the program on its data as the account that owns it.
as_owner() {
    if has_account; then
        run runuser -u health-export -- env "HEALTH_EXPORT_DATA_DIR=$data" "$@"
    else
        run env "HEALTH_EXPORT_DATA_DIR=$data" "$@"
    fi
}

# What is to be installed.

check_machine() {
    [ "$(uname -s)" = Linux ] || fail "health-export runs on Linux; this is $(uname -s)."
    case $(uname -m) in
        x86_64 | amd64) machine=x86_64 ;;
        aarch64 | arm64) machine=aarch64 ;;
        *) fail "health-export needs a 64-bit processor of x86-64 or ARM; this is $(uname -m)." ;;
    esac
    if has getconf && [ "$(getconf LONG_BIT)" = 32 ]; then
        fail "this system is 32-bit on a 64-bit processor: install the 64-bit version of it (of Raspberry Pi OS, say)."
    fi
}

is_musl() {
    ldd --version 2>&1 | grep -qi musl
}

make_temporary() {
    [ -n "$temporary" ] || temporary=$(mktemp -d)
}

find_new() {
    if [ -n "$from" ]; then
        unpack
    elif [ -x "$here/health-export" ]; then
        folder=$here new=$here/health-export
    else
        folder=$here new=$here/target/release/health-export
        if [ ! -x "$new" ] || links_duckdb "$new"; then build; fi
    fi
    [ -n "$dry" ] && [ ! -x "$new" ] && return
    if links_duckdb "$new"; then
        fail "$new needs a libduckdb.so of a build folder and would not run without it: build it with 'make release'."
    fi
    version=$("$new" --version 2>&1) ||
        fail "the new program does not run on this system ($version): build it here with 'make release'."
    case $version in
        'health-export '*) version=${version#health-export } ;;
        *) fail "$new is not health-export." ;;
    esac
}

links_duckdb() {
    ldd "$1" 2>/dev/null | grep -q libduckdb
}

build() {
    [ -f "$here/Cargo.toml" ] || fail "there is no program beside this script: give a release archive with --from."
    has cargo || fail "there is no program yet: build it as yourself with 'make release', then run this again."
    say "Building from source; DuckDB is compiled in, which takes about half an hour the first time."
    run make -C "$here" release
}

unpack() {
    make_temporary
    case $from in
        http://* | https://*) fetch_archive ;;
        *) archive=$from ;;
    esac
    [ -f "$archive" ] || fail "there is no file $archive."
    verify
    case $archive in
        *"-$machine.tar.gz") ;;
        *) fail "$(basename "$archive") is not for this machine: the one that ends in -$machine.tar.gz is." ;;
    esac
    if is_musl; then
        fail "release archives need glibc, and this system has musl (Alpine): build it here with 'make release'."
    fi
    mkdir "$temporary/archive"
    tar -xzf "$archive" -C "$temporary/archive" || fail "$archive cannot be unpacked."
    for folder in "$temporary"/archive/*; do break; done
    new=$folder/health-export
    [ -x "$new" ] || fail "$archive holds no health-export."
}

fetch_archive() {
    archive=$temporary/$(basename "$from")
    fetch "$from" "$archive" || fail "$from cannot be fetched."
    fetch "$from.sha256" "$archive.sha256" 2>/dev/null ||
        fetch "${from%/*}/SHA256SUMS" "$temporary/SHA256SUMS" 2>/dev/null || true
    fetch "$from.minisig" "$archive.minisig" 2>/dev/null || true
}

fetch() {
    if has curl; then
        curl -fsSL -o "$2" "$1"
    elif has wget; then
        wget -q -O "$2" "$1"
    else
        fail "neither curl nor wget is installed: fetch the archive and its .sha256 yourself, and give the file to --from."
    fi
}

# Without a sum beside it, or with another, nothing is installed.
verify() {
    name=$(basename "$archive") sums=''
    for sums in "$archive.sha256" "$(dirname "$archive")/SHA256SUMS"; do
        [ ! -s "$sums" ] || break
        sums=''
    done
    [ -n "$sums" ] || fail "there is neither $name.sha256 nor SHA256SUMS beside $name, so it cannot be trusted."
    wanted=$(awk -v name="$name" '{ file = $2; sub(/^\*/, "", file); sub(/.*\//, "", file) } file == name { print $1; exit }' "$sums")
    [ -n "$wanted" ] || fail "$sums does not name $name, so it cannot be trusted."
    has sha256sum || fail "sha256sum is not installed, so $name cannot be verified."
    found=$(sha256sum <"$archive")
    [ "$wanted" = "${found%% *}" ] || fail "the SHA-256 of $name is not the one in $sums: fetch it again. Nothing was changed."
    verify_signature
    say "Verified $name."
}

# Who made the archive, where there is a key to tell by.
verify_signature() {
    [ -n "$key" ] || [ ! -f "$here/minisign.pub" ] || key=$here/minisign.pub
    if [ -z "$key" ]; then
        [ ! -f "$archive.minisig" ] || say "Note: $name.minisig is not looked at, for there is no key: give the publisher's with --key."
        return
    fi
    [ -f "$archive.minisig" ] || fail "there is no $name.minisig beside $name, so it is not known who made it. Nothing was changed."
    has minisign || fail "minisign is not installed, so the signature of $name cannot be verified: install it (apt install minisign)."
    if [ -f "$key" ]; then set -- -p "$key"; else set -- -P "$key"; fi
    minisign -V -q -m "$archive" -x "$archive.minisig" "$@" >/dev/null ||
        fail "$name is not signed with the key $key: fetch it again from its publisher. Nothing was changed."
}

# Installing.

install_all() {
    check_machine
    refuse_links
    find_new
    if [ -x "$program" ]; then upgrading=1; fi
    if [ -n "$upgrading" ] && [ -x "$new" ] && cmp -s "$new" "$program" && units_are_current; then
        say "health-export $version is already up to date."
        tell_config
        return
    fi
    back_up
    install_program
    if [ -n "$service" ]; then
        install_units
        make_account
    fi
    write_config
    start
    tell_next
}

back_up() {
    if [ -z "$upgrading" ] || [ -z "$backup" ] || [ ! -f "$data/health.db" ]; then return; fi
    say "Making a backup before the upgrade."
    as_owner "$program" backup ||
        fail "the backup failed, so nothing was changed: mend what it says above, or go on with --no-backup."
}

install_program() {
    run mkdir -p "$root$prefix/bin"
    # What has the name of a file that is written goes first: a link would be written through.
    run rm -f "$program.new"
    run cp "$new" "$program.new"
    run chmod 755 "$program.new"
    if [ -n "$upgrading" ] && ! cmp -s "$new" "$program"; then
        run rm -f "$program.previous.new"
        run cp -p "$program" "$program.previous.new"
        run mv -f "$program.previous.new" "$program.previous"
        old_kept=1
    fi
    # In one step, so that there is a whole program at every moment.
    run mv -f "$program.new" "$program"
}

unit_names() {
    say "health-export.service health-export-backup.service health-export-backup.timer"
}

# A unit as it is to be installed: with the path of the program, where it is not on systemd's own list.
unit_text() {
    case $mode:$prefix in
        system:/usr | system:/usr/local) cat "$folder/$unit_source/$1" ;;
        *) sed "s|^ExecStart=[^ ]*health-export |ExecStart=$prefix/bin/health-export |" "$folder/$unit_source/$1" |
            with_data_home ;;
    esac
}

# The service manager of an account does not know of an XDG_DATA_HOME that its shell has set.
with_data_home() {
    if [ "$mode" = user ] && [ -n "${XDG_DATA_HOME:-}" ]; then
        sed "s|^ExecStart=|Environment=\"XDG_DATA_HOME=$XDG_DATA_HOME\"\\
&|"
    else
        cat
    fi
}

units_are_current() {
    [ -n "$service" ] || return 0
    for unit in $(unit_names); do
        [ -f "$units/$unit" ] && [ "$(unit_text "$unit")" = "$(cat "$units/$unit")" ] || return 1
    done
}

install_units() {
    [ -z "$upgrading" ] || [ -n "$dry" ] || keep_units
    run mkdir -p "$units"
    for unit in $(unit_names); do
        say "+ write $units/$unit"
        [ -n "$dry" ] || write_unit "$unit"
    done
    [ "$mode" = system ] || return 0
    for kind in sysusers tmpfiles; do
        run mkdir -p "$root/usr/local/lib/$kind.d"
        run rm -f "$root/usr/local/lib/$kind.d/health-export.conf"
        run cp "$folder/systemd/health-export.$kind.conf" "$root/usr/local/lib/$kind.d/health-export.conf"
    done
}

# Under another name first, so that a masked unit, which is a link, is replaced and not written through.
write_unit() {
    make_temporary
    unit_text "$1" >"$temporary/unit"
    case $1 in
        *.service) grep -q '^ExecStart=[^ ]*health-export ' "$temporary/unit" || fail "$1 could not be written: nothing was started." ;;
        *) [ -s "$temporary/unit" ] || fail "$1 could not be written: nothing was started." ;;
    esac
    rm -f "$units/$1"
    cp "$temporary/unit" "$units/$1"
    chmod 644 "$units/$1"
}

# For undoing an upgrade.
keep_units() {
    make_temporary
    mkdir -p "$temporary/units"
    for unit in $(unit_names); do
        [ ! -f "$units/$unit" ] || cp -p "$units/$unit" "$temporary/units/$unit"
    done
}

put_units_back() {
    for unit in "$temporary"/units/*; do
        [ ! -f "$unit" ] || run cp -p "$unit" "$units/"
    done
    systemctl_here daemon-reload
}

make_account() {
    [ "$mode" = system ] && [ -n "$live" ] || return 0
    run systemd-sysusers "$root/usr/local/lib/sysusers.d/health-export.conf"
    run systemd-tmpfiles --create "$root/usr/local/lib/tmpfiles.d/health-export.conf"
}

# Where to listen goes into config.toml, which is its owner's from then on.
write_config() {
    [ -n "$lan$port" ] || return 0
    listen=127.0.0.1:${port:-8787}
    [ -z "$lan" ] || listen=0.0.0.0:${port:-8787}
    if [ -e "$data/config.toml" ]; then
        tell_config
        return
    fi
    make_data_folder
    say "+ write $data/config.toml: listen = \"$listen\""
    # By the account that the folder belongs to, and only where no file and no link has that name.
    # shellcheck disable=SC2016
    set -- sh -c 'umask 077; set -C; printf "# Every setting: health-export config\nlisten = \"%s\"\n" "$2" >"$1"' sh "$data/config.toml" "$listen"
    if has_account; then set -- runuser -u health-export -- "$@"; fi
    [ -n "$dry" ] || "$@" || fail "$data/config.toml cannot be written."
    if [ -n "$lan" ]; then
        say "Note: over plain HTTP, everyone on the networks of this machine can read what passes, key and data alike."
    fi
}

make_data_folder() {
    [ ! -d "$data" ] || return 0
    run mkdir -p "$(dirname "$data")"
    run mkdir -m 700 "$data"
    if has_account; then run chown -h health-export:health-export "$data"; fi
}

tell_config() {
    [ -n "$lan$port" ] && [ -e "$data/config.toml" ] || return 0
    say "Note: $data/config.toml is there and is yours: change 'listen' in it by hand, then restart the service."
}

start() {
    [ -n "$live" ] || return 0
    systemctl_here daemon-reload
    systemctl_here enable health-export.service
    systemctl_here enable --now health-export-backup.timer
    # Returns when the server says that it is ready, or has failed.
    if systemctl_here restart health-export.service && is_ready; then return; fi
    undo
}

# Whether the server answers where its settings say, within a minute; taken for granted where nothing can ask.
is_ready() {
    [ -z "$dry" ] || return 0
    address=$(as_owner "$program" config | sed -n 's/^listen = "\([^"]*\)".*/\1/p')
    port=${address##*:}
    tries=60
    while [ $tries -gt 0 ]; do
        asks http && return
        asks https && return
        has curl || has wget || return 0
        tries=$((tries - 1))
        sleep 1
    done
    return 1
}

asks() {
    url=$1://127.0.0.1:$port
    case $address in
        127.* | 0.0.0.0:* | '[::]:'* | '[::1]:'*) ;;
        *) url=$1://$address ;;
    esac
    if has curl; then
        curl -fsk -m 5 -o /dev/null "$url/health/ready" 2>/dev/null
    elif has wget; then
        wget -q -T 5 -O /dev/null "$url/health/ready" 2>/dev/null
    fi
}

undo() {
    say "The server does not get ready. The last lines of its log:" >&2
    if [ "$mode" = user ]; then
        journalctl --user -u health-export.service -n 20 --no-pager >&2 || true
    else
        journalctl -u health-export.service -n 20 --no-pager >&2 || true
    fi
    if [ -n "$old_kept" ]; then
        run mv -f "$program.previous" "$program"
        put_units_back
        systemctl_here restart health-export.service || true
        fail "the upgrade is undone, and the version from before is back. Should it refuse the database as too new, restore the backup that was made before the upgrade: docs/install.md."
    fi
    [ -n "$upgrading" ] && fail "the program is the same as before; mend what the log says, and run this again."
    systemctl_here disable --now health-export.service health-export-backup.timer || true
    remove_files
    fail "the installation is undone; what is in $data is kept."
}

tell_next() {
    [ -z "$dry" ] || { say "Nothing was changed."; return; }
    say "health-export $version is installed."
    if [ -n "$live" ]; then
        say "It runs at ${url:-http://127.0.0.1:${port:-8787}} and starts with the machine."
        [ "$mode" = system ] || say "So that it also runs while you are logged out: loginctl enable-linger"
    elif [ -z "$root" ]; then
        say "No service was set up; start it with: $prefix/bin/health-export serve"
    fi
    say "Next, sign in and connect a phone: $(command_line) setup"
}

# How its owner calls the program.
command_line() {
    name=$prefix/bin/health-export
    case :${PATH:-}: in *":$prefix/bin:"*) name=health-export ;; esac
    if [ "$mode" = user ] || [ -z "$service" ]; then
        say "$name"
    elif has sudo; then
        say "sudo -u health-export $name"
    else
        say "runuser -u health-export -- $name"
    fi
}

# Going back, and removing.

roll_back() {
    [ -x "$program.previous" ] || fail "there is no $program.previous to go back to."
    run mv -f "$program" "$program.newer"
    run mv -f "$program.previous" "$program"
    run mv -f "$program.newer" "$program.previous"
    [ -z "$live" ] || systemctl_here restart health-export.service
    [ -z "$dry" ] || { say "Nothing was changed."; return; }
    say "Done. Run again, this goes forward. A database that the newer version has migrated is refused: restore the backup from before the upgrade."
}

remove_files() {
    for unit in $(unit_names); do run rm -f "$units/$unit"; done
    if [ "$mode" = system ]; then
        run rm -f "$root/usr/local/lib/sysusers.d/health-export.conf" "$root/usr/local/lib/tmpfiles.d/health-export.conf"
    fi
    run rm -f "$program" "$program.previous" "$program.new"
    [ -z "$live" ] || systemctl_here daemon-reload
}

uninstall() {
    if [ "$action" = purge ]; then ask; fi
    if [ -n "$live" ] && [ -e "$units/health-export.service" ]; then
        systemctl_here disable --now health-export.service health-export-backup.timer || true
    fi
    remove_files
    [ "$action" = uninstall ] || return 0
    [ -z "$dry" ] || { say "Nothing was removed. health-export would be removed; your data would still be in $data."; return; }
    say "health-export is removed. Your data is still in $data."
}

ask() {
    [ -z "$yes" ] && [ -z "$dry" ] || return 0
    say "This deletes $data with all of your health data, and the backups in it. To go on, type: delete"
    answer=''
    read -r answer || true
    [ "$answer" = delete ] || fail "nothing was removed."
}

purge() {
    run rm -rf "$data"
    if has_account; then
        run userdel health-export
    fi
    if [ -n "$dry" ]; then
        say "Nothing was removed. health-export, and $data with all of your health data and the backups in it, would be removed."
        return
    fi
    say "health-export and its data are removed."
}

main "$@"
