#!/bin/sh
# Installs a health-export that `make release` has built, and its systemd service. Run again to upgrade. Data is never touched.
set -eu

usage() {
    cat <<'TEXT'
usage: ./install.sh [--dry-run] [--uninstall] [--prefix FOLDER]
  --dry-run        print what would be done, change nothing
  --uninstall      remove the program and its service; the data stays in /var/lib/health-export
  --prefix FOLDER  where bin/ is (default /usr/local)
TEXT
}

main() {
    prefix=/usr/local dry= uninstall=
    while [ $# -gt 0 ]; do
        case $1 in
            --dry-run) dry=1 ;;
            --uninstall) uninstall=1 ;;
            --prefix) [ $# -gt 1 ] || { usage >&2; exit 2; }; prefix=$2; shift ;;
            --help|-h) usage; exit 0 ;;
            *) usage >&2; exit 2 ;;
        esac
        shift
    done
    here=$(cd "$(dirname "$0")" && pwd)
    program=$here/target/release/health-export
    unit=/etc/systemd/system/health-export.service
    if [ -z "$dry" ] && [ "$(id -u)" -ne 0 ]; then
        echo "This writes to $prefix/bin and $unit: run it as root, or with --dry-run to see what it would do." >&2
        exit 1
    fi
    if [ -n "$uninstall" ]; then remove; else install_all; fi
}

run() {
    echo "+ $*"
    [ -n "$dry" ] || "$@"
}

install_all() {
    if [ ! -x "$program" ]; then
        echo "There is no $program yet: build it with 'make release' first." >&2
        exit 1
    fi
    if ldd "$program" | grep -q libduckdb; then
        echo "$program links a library in this folder (made by 'make build'): build it with 'make release'." >&2
        exit 1
    fi
    run install -D -m 755 "$program" "$prefix/bin/health-export.new"
    run mv -f "$prefix/bin/health-export.new" "$prefix/bin/health-export"
    if command -v systemctl >/dev/null; then
        # The unit names /usr/local; another prefix is written into the copy.
        echo "+ write $unit"
        [ -n "$dry" ] || sed "s|/usr/local/bin|$prefix/bin|" "$here/systemd/health-export.service" >"$unit"
        run systemctl daemon-reload
        run systemctl enable health-export.service
        run systemctl restart health-export.service
        echo "Next: health-export --data-dir /var/lib/health-export key create --name phone --scope ingest"
    else
        echo "There is no systemd here: start it with '$prefix/bin/health-export serve'."
    fi
}

remove() {
    if command -v systemctl >/dev/null; then
        run systemctl disable --now health-export.service
        run rm -f "$unit"
        run systemctl daemon-reload
    fi
    run rm -f "$prefix/bin/health-export"
    echo "Your data is still in /var/lib/health-export."
}

main "$@"
