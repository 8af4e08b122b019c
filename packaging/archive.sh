#!/bin/sh
# Packs a built program into target/dist/health-export-VERSION-ARCHITECTURE.tar.gz with its SHA-256 beside it, and with a signature
# (.minisig) where MINISIGN_KEY names the file of minisign's secret key. Made twice from
# the same program and commit, the archives are the same to the byte: names are sorted, and times are the commit's.
set -eu

main() {
    [ $# -eq 3 ] || { echo "usage: packaging/archive.sh PROGRAM SBOM FOLDER" >&2; exit 2; }
    program=$1 sbom=$2 folder=$3
    cd "$(dirname "$0")/.."
    version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
    name=health-export-$version-$(uname -m)
    SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}
    temporary=$(mktemp -d)
    trap 'rm -rf "$temporary"' EXIT
    gather "$temporary/$name"
    mkdir -p "$folder"
    tar --sort=name --format=ustar --owner=0 --group=0 --numeric-owner --mtime="@$SOURCE_DATE_EPOCH" \
        -C "$temporary" -cf "$temporary/archive.tar" "$name"
    gzip -9 -n <"$temporary/archive.tar" >"$folder/$name.tar.gz"
    (cd "$folder" && sha256sum "$name.tar.gz" >"$name.tar.gz.sha256")
    sign "$folder/$name.tar.gz"
    echo "$folder/$name.tar.gz"
}

sign() {
    if [ -z "${MINISIGN_KEY:-}" ]; then
        echo "not signed: MINISIGN_KEY names no key of minisign" >&2
        return
    fi
    rm -f "$1.minisig"
    # It asks for the password of the key, where that has one.
    minisign -S -s "$MINISIGN_KEY" -m "$1" -t "$(basename "$1")" >&2
}

gather() {
    if ldd "$program" 2>/dev/null | grep -q libduckdb; then
        echo "$program needs the libduckdb.so of this folder: make release builds one that does not." >&2
        exit 1
    fi
    mkdir -p "$1/data"
    cp "$program" "$1/health-export"
    cp "$sbom" "$1/health-export.cdx.json"
    cp -R install.sh systemd docs README.md CHANGELOG.md LICENSE "$1/"
    # The key that the next version's signature is verified with.
    [ ! -f packaging/minisign.pub ] || cp packaging/minisign.pub "$1/"
    for part in config.example.toml alerts.rules.yml grafana; do
        [ ! -e "data/$part" ] || cp -R "data/$part" "$1/data/"
    done
    # Whatever the umask here.
    find "$1" -type d -exec chmod 755 {} + -o -type f -exec chmod 644 {} +
    chmod 755 "$1/health-export" "$1/install.sh"
}

main "$@"
