#!/bin/sh
# Holds install.sh to what it promises, under every shell that is here: each case runs in a throw-away root with a made-up
# program, so that a minute is enough and nothing of this machine is touched. Usage: tests/install/run.sh [SHELL...]
set -eu

main() {
    here=$(cd "$(dirname "$0")/../.." && pwd)
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    cases=0 shells=0
    [ $# -gt 0 ] || set -- sh dash bash 'busybox sh'
    make_archives
    for shell in "$@"; do
        command -v "${shell%% *}" >/dev/null 2>&1 || { echo "skipped: there is no ${shell%% *} here"; continue; }
        shells=$((shells + 1))
        under_shell
    done
    check_shell_code
    check_units
    check_archive
    echo "install: $cases checks passed under $shells shells"
}

under_shell() {
    for each in installs_whole says_when_current upgrades_and_keeps_the_old backs_up_first stops_when_the_backup_fails \
        rolls_back refuses_a_wrong_signature refuses_a_wrong_sum refuses_without_a_sum refuses_another_machine refuses_32_bits refuses_musl \
        refuses_what_does_not_run uninstalls_and_keeps_data purges_only_when_told installs_for_one_account \
        listens_on_the_network_by_consent keeps_the_config rehearses installs_unpacked understands_only_its_options \
        writes_through_no_link refuses_odd_prefixes keeps_folders_closed says_what_a_purge_would_remove \
        does_nothing_when_cut starts_the_service undoes_what_does_not_start undoes_an_upgrade_that_does_not_start; do
        root=$work/root
        rm -rf "$root"
        mkdir -p "$root"
        : >"$work/calls"
        $each || fault "$each failed"
        cases=$((cases + 1))
    done
}

fault() {
    echo "FAILED under $shell: $*" >&2
    [ ! -f "$work/out" ] || sed 's/^/    /' "$work/out" >&2
    exit 1
}

# Runs the installer, with its output in $work/out; its exit code must be as told.
installer() {
    wanted=$1
    shift
    code=0
    # The name of the shell may be two words.
    # shellcheck disable=SC2086
    env "PATH=${fake:+$fake:}$PATH" "CALLS=$work/calls" "BACKUP_FAILS=${backup_fails:-}" \
        "HOME=${home:-/home/somebody}" XDG_DATA_HOME= XDG_CONFIG_HOME= \
        $shell "${script:-$here/install.sh}" "$@" >"$work/out" 2>&1 </dev/null || code=$?
    [ "$code" = "$wanted" ] || fault "$* ended with $code instead of $wanted"
}

says() { grep -qF -- "$1" "$work/out" || fault "it does not say: $1"; }
is_there() { [ -e "$root$1" ] || fault "$1 is not there"; }
is_gone() { [ ! -e "$root$1" ] || fault "$1 is there"; }
runs() { [ "$("$root$1" --version)" = "health-export $2" ] || fault "$1 is not version $2"; }

# A program that answers like the real one where the installer asks it, and writes down what it was asked.
make_program() {
    cat >"$1" <<PROGRAM
#!/bin/sh
case \$1 in
    --version) echo "health-export $2" ;;
    config) echo 'listen = "127.0.0.1:8787"    # default; HEALTH_EXPORT_LISTEN' ;;
    *) echo "$2 \$* in \$HEALTH_EXPORT_DATA_DIR" >>"\$CALLS"; [ "\$1" != backup ] || [ -z "\$BACKUP_FAILS" ] ;;
esac
PROGRAM
    chmod 755 "$1"
}

# Archives as releases have them, of two versions.
make_archives() {
    machine=$(uname -m)
    echo '{}' >"$work/sbom"
    for version in 1.0.0 2.0.0; do
        make_program "$work/program" "$version"
        made=$(SOURCE_DATE_EPOCH=0 "$here/packaging/archive.sh" "$work/program" "$work/sbom" "$work/made")
        mkdir -p "$work/$version"
        mv "$made" "$work/$version/health-export-$version-$machine.tar.gz"
        sum "$work/$version/health-export-$version-$machine.tar.gz"
    done
    first=$work/1.0.0/health-export-1.0.0-$machine.tar.gz
    second=$work/2.0.0/health-export-2.0.0-$machine.tar.gz
}

sum() { (cd "$(dirname "$1")" && sha256sum "$(basename "$1")" >"$(basename "$1").sha256"); }

install_first() { installer 0 --root "$root" --from "$first" "$@"; }

a_database() { mkdir -p "$root/var/lib/health-export" && echo data >"$root/var/lib/health-export/health.db"; }

# The cases.

installs_whole() {
    install_first
    runs /usr/local/bin/health-export 1.0.0
    for unit in health-export.service health-export-backup.service health-export-backup.timer; do
        cmp -s "$here/systemd/$unit" "$root/etc/systemd/system/$unit" || fault "$unit differs"
    done
    is_there /usr/local/lib/sysusers.d/health-export.conf
    is_there /usr/local/lib/tmpfiles.d/health-export.conf
    is_gone /var/lib/health-export/config.toml
    [ "$(stat -c %a "$root/usr/local/bin/health-export")" = 755 ] || fault "the program cannot be run by all"
    says "health-export setup"
}

says_when_current() {
    install_first
    stamp=$(stat -c %Y.%i "$root/usr/local/bin/health-export")
    install_first
    says "1.0.0 is already up to date"
    [ "$stamp" = "$(stat -c %Y.%i "$root/usr/local/bin/health-export")" ] || fault "it was written again"
    is_gone /usr/local/bin/health-export.previous
    echo changed >>"$root/etc/systemd/system/health-export.service"
    install_first
    cmp -s "$here/systemd/health-export.service" "$root/etc/systemd/system/health-export.service" || fault "a changed unit stays"
}

upgrades_and_keeps_the_old() {
    install_first
    installer 0 --root "$root" --from "$second"
    runs /usr/local/bin/health-export 2.0.0
    runs /usr/local/bin/health-export.previous 1.0.0
    is_gone /usr/local/bin/health-export.new
    [ ! -s "$work/calls" ] || fault "there is no database to back up: $(cat "$work/calls")"
}

backs_up_first() {
    install_first
    a_database
    installer 0 --root "$root" --from "$second"
    [ "$(cat "$work/calls")" = "1.0.0 backup in $root/var/lib/health-export" ] || fault "asked: $(cat "$work/calls")"
    [ "$(cat "$root/var/lib/health-export/health.db")" = data ] || fault "the data was touched"
    : >"$work/calls"
    installer 0 --root "$root" --from "$first" --no-backup
    [ ! -s "$work/calls" ] || fault "--no-backup makes one"
}

stops_when_the_backup_fails() {
    install_first
    a_database
    backup_fails=1
    installer 1 --root "$root" --from "$second"
    backup_fails=
    says "the backup failed, so nothing was changed"
    runs /usr/local/bin/health-export 1.0.0
    is_gone /usr/local/bin/health-export.previous
}

rolls_back() {
    installer 1 --root "$root" --rollback
    install_first
    installer 0 --root "$root" --from "$second"
    installer 0 --root "$root" --rollback
    runs /usr/local/bin/health-export 1.0.0
    installer 0 --root "$root" --rollback
    runs /usr/local/bin/health-export 2.0.0
}

refuses_a_wrong_sum() {
    mkdir -p "$work/other"
    cp "$second" "$second.sha256" "$work/other/"
    echo more >>"$work/other/$(basename "$second")"
    installer 1 --root "$root" --from "$work/other/$(basename "$second")"
    says "is not the one in"
    is_gone /usr/local
    # The sums of a whole release in one file do as well, and are held to.
    rm "$work/other/"*.sha256
    (cd "$work/1.0.0" && sha256sum "./$(basename "$first")" >"$work/other/SHA256SUMS")
    cp "$first" "$work/other/"
    installer 0 --root "$root" --from "$work/other/$(basename "$first")"
    installer 1 --root "$root" --from "$work/other/$(basename "$second")"
    says "does not name"
}

refuses_a_wrong_signature() {
    pretend minisign 'exit 1'
    installer 1 --root "$root" --from "$first" --key RWQ0
    says "so it is not known who made it"
    fake=
    is_gone /usr/local
    command -v minisign >/dev/null 2>&1 || { echo "skipped: there is no minisign here"; return 0; }
    signed=$work/signed
    rm -rf "$signed"
    mkdir "$signed"
    for owner in publisher stranger; do
        minisign -G -W -f -p "$signed/$owner.pub" -s "$signed/$owner.key" >/dev/null
    done
    MINISIGN_KEY=$signed/publisher.key SOURCE_DATE_EPOCH=0 "$here/packaging/archive.sh" "$work/program" "$work/sbom" "$signed" >/dev/null
    for archive in "$signed"/*.tar.gz; do break; done
    installer 1 --root "$root" --from "$archive" --key "$signed/stranger.pub"
    says "is not signed with the key"
    # Another archive of the same name, whose sum beside it is right.
    mkdir "$signed/forged"
    cp "$first" "$signed/forged/$(basename "$archive")"
    cp "$archive.minisig" "$signed/forged/"
    sum "$signed/forged/$(basename "$archive")"
    installer 1 --root "$root" --from "$signed/forged/$(basename "$archive")" --key "$signed/publisher.pub"
    says "is not signed with the key"
    is_gone /usr/local
    installer 0 --root "$root" --from "$archive"
    says "there is no key"
    installer 0 --root "$root" --from "$archive" --key "$(tail -n 1 "$signed/publisher.pub")"
    runs /usr/local/bin/health-export 2.0.0
}

refuses_without_a_sum() {
    mkdir -p "$work/bare"
    cp "$first" "$work/bare/"
    installer 1 --root "$root" --from "$work/bare/$(basename "$first")"
    says "so it cannot be trusted"
    installer 1 --root "$root" --from "$work/none.tar.gz"
    says "there is no file"
    is_gone /usr/local
}

# A folder of programs that pretend, for PATH: name and text in turn.
pretend() {
    fake=$work/fake
    rm -rf "$fake"
    mkdir "$fake"
    while [ $# -gt 0 ]; do
        printf '#!/bin/sh\n%s\n' "$2" >"$fake/$1"
        chmod 755 "$fake/$1"
        shift 2
    done
}

# The scripts are for the fakes to expand.
# shellcheck disable=SC2016
refuses_another_machine() {
    # It has a uname of its own, which it prefers to any on PATH.
    [ "$shell" != 'busybox sh' ] || return 0
    pretend uname 'case $1 in -s) echo Linux ;; *) echo riscv64 ;; esac'
    installer 1 --root "$root" --from "$first"
    says "this is riscv64"
    pretend uname 'case $1 in -s) echo Darwin ;; *) echo arm64 ;; esac'
    installer 1 --root "$root" --from "$first"
    says "runs on Linux; this is Darwin"
    fake=
    mkdir -p "$work/foreign"
    cp "$first" "$work/foreign/health-export-1.0.0-sparc.tar.gz"
    sum "$work/foreign/health-export-1.0.0-sparc.tar.gz"
    installer 1 --root "$root" --from "$work/foreign/health-export-1.0.0-sparc.tar.gz"
    says "is not for this machine"
    is_gone /usr/local
}

refuses_32_bits() {
    pretend getconf 'echo 32'
    installer 1 --root "$root" --from "$first"
    fake=
    says "this system is 32-bit on a 64-bit processor"
    is_gone /usr/local
}

refuses_musl() {
    pretend ldd 'echo "musl libc (x86_64)" >&2; exit 1'
    installer 1 --root "$root" --from "$first"
    fake=
    says "this system has musl"
    is_gone /usr/local
}

refuses_what_does_not_run() {
    mkdir -p "$work/broken/health-export-3-$machine"
    printf '#!/bin/sh\necho "GLIBC_9.99 not found" >&2\nexit 1\n' >"$work/broken/health-export-3-$machine/health-export"
    chmod 755 "$work/broken/health-export-3-$machine/health-export"
    tar -czf "$work/broken/health-export-3-$machine.tar.gz" -C "$work/broken" "health-export-3-$machine"
    sum "$work/broken/health-export-3-$machine.tar.gz"
    installer 1 --root "$root" --from "$work/broken/health-export-3-$machine.tar.gz"
    says "does not run on this system (GLIBC_9.99 not found)"
    pretend ldd 'echo "libduckdb.so => not found"'
    installer 1 --root "$root" --from "$first"
    fake=
    says "libduckdb.so"
    is_gone /usr/local
}

uninstalls_and_keeps_data() {
    install_first
    installer 0 --root "$root" --from "$second"
    a_database
    installer 0 --root "$root" --uninstall
    says "Your data is still in $root/var/lib/health-export"
    is_there /var/lib/health-export/health.db
    [ -z "$(find "$root/usr" "$root/etc" -type f)" ] || fault "left: $(find "$root/usr" "$root/etc" -type f)"
}

purges_only_when_told() {
    install_first
    a_database
    installer 1 --root "$root" --purge
    says "nothing was removed"
    is_there /usr/local/bin/health-export
    is_there /var/lib/health-export/health.db
    installer 0 --root "$root" --purge --yes
    is_gone /var/lib/health-export
    is_gone /usr/local/bin/health-export
}

installs_for_one_account() {
    install_first --user
    runs /home/somebody/.local/bin/health-export 1.0.0
    is_there /home/somebody/.config/systemd/user/health-export.service
    is_gone /usr/local
    is_gone /etc
    says "/home/somebody/.local/bin/health-export setup"
    grep -q '^ExecStart=/home/somebody/.local/bin/health-export serve' "$root/home/somebody/.config/systemd/user/health-export.service" ||
        fault "the unit names another program"
    install_first --user
    says "already up to date"
    installer 0 --root "$root" --user --uninstall
    is_gone /home/somebody/.local/bin/health-export
    says "/home/somebody/.local/share/health-export"
}

listens_on_the_network_by_consent() {
    install_first --lan --port 9000
    says "everyone on the networks of this machine can read"
    config=$root/var/lib/health-export/config.toml
    grep -qx 'listen = "0.0.0.0:9000"' "$config" || fault "config: $(cat "$config")"
    [ "$(stat -c %a "$config")" = 600 ] || fault "others can read config.toml"
    rm "$config"
    install_first --no-service --prefix /opt/health
    is_there /opt/health/bin/health-export
    is_gone /var/lib/health-export/config.toml
}

keeps_the_config() {
    install_first
    mkdir -p "$root/var/lib/health-export"
    echo 'listen = "127.0.0.1:1"' >"$root/var/lib/health-export/config.toml"
    installer 0 --root "$root" --from "$second" --lan
    [ "$(cat "$root/var/lib/health-export/config.toml")" = 'listen = "127.0.0.1:1"' ] || fault "config.toml was overwritten"
    says "is yours"
    installer 0 --root "$root" --from "$second" --port 2
    says "is yours"
}

rehearses() {
    install_first --dry-run --lan
    says "+ mv -f"
    says "+ write"
    says "Nothing was changed."
    [ -z "$(find "$root" -mindepth 1)" ] || fault "it has made: $(find "$root" -mindepth 1)"
    install_first
    a_database
    before=$(find "$root" -type f -exec sha256sum {} + | sort)
    for action in "--from $second" --uninstall --purge; do
        # Two words where the first is an option.
        # shellcheck disable=SC2086
        installer 0 --root "$root" --dry-run $action
        [ "$before" = "$(find "$root" -type f -exec sha256sum {} + | sort)" ] || fault "--dry-run $action has changed something"
    done
    [ ! -s "$work/calls" ] || fault "it has run the program: $(cat "$work/calls")"
}

installs_unpacked() {
    rm -rf "$work/unpacked"
    mkdir "$work/unpacked"
    tar -xzf "$second" -C "$work/unpacked"
    for script in "$work"/unpacked/*/install.sh; do break; done
    installer 0 --root "$root"
    script=
    runs /usr/local/bin/health-export 2.0.0
}

understands_only_its_options() {
    installer 2 --root "$root" --surprise
    installer 2 --root
    installer 2 --root relative
    installer 2 --root "$root" --prefix relative
    installer 2 --root "$root" --port http
    installer 2 --root "$root" --port 123456
    installer 0 --help
    says "usage:"
    [ -z "$(find "$root" -mindepth 1)" ] || fault "it has made: $(find "$root" -mindepth 1)"
}

# The service's account owns its folder, so what lies there may be a trap for root.
writes_through_no_link() {
    mkdir -p "$root/var/lib/health-export" "$root/etc"
    ln -s "$root/etc/planted" "$root/var/lib/health-export/config.toml"
    installer 1 --root "$root" --from "$first" --lan
    says "is a symbolic link"
    is_gone /etc/planted
    is_gone /usr/local
    rm -r "${root:?}/var"
    mkdir -p "$root/var/lib" "$root/elsewhere"
    ln -s "$root/elsewhere" "$root/var/lib/health-export"
    installer 1 --root "$root" --from "$first" --port 9000
    says "is a symbolic link"
    is_gone /elsewhere/config.toml
    rm "$root/var/lib/health-export"
    # Neither a masked unit nor a link in the place of the program or of what lies beside it.
    mkdir -p "$root/etc/systemd/system" "$root/usr/local/bin" "$root/usr/local/lib/sysusers.d"
    echo untouched >"$root/elsewhere/file"
    for link in etc/systemd/system/health-export.service usr/local/bin/health-export.new \
        usr/local/bin/health-export usr/local/lib/sysusers.d/health-export.conf; do
        ln -s "$root/elsewhere/file" "$root/$link"
    done
    install_first
    [ "$(cat "$root/elsewhere/file")" = untouched ] || fault "it has written through a link"
    runs /usr/local/bin/health-export 1.0.0
    cmp -s "$here/systemd/health-export.service" "$root/etc/systemd/system/health-export.service" || fault "the unit differs"
    [ ! -L "$root/etc/systemd/system/health-export.service" ] || fault "the unit is a link"
}

# Nothing in them is to be expanded.
# shellcheck disable=SC2016
refuses_odd_prefixes() {
    for odd in '/opt/a|b' '/opt/a b' '/opt/a&b' '/opt/a\b' '/opt/%h' '/opt/a"b' "/opt/a'b" '/opt/a;b' '/opt/$a' '/opt/é' '/opt/a
b'; do
        installer 2 --root "$root" --from "$first" --prefix "$odd"
        says "--prefix"
        [ -z "$(find "$root" -mindepth 1)" ] || fault "it has made: $(find "$root" -mindepth 1)"
    done
    home='/home/jo smith'
    installer 1 --root "$root" --user --from "$first"
    home=''
    says "--prefix"
    install_first --prefix /opt/health-export_1.0
    grep -qx 'ExecStart=/opt/health-export_1.0/bin/health-export serve' "$root/etc/systemd/system/health-export.service" ||
        fault "the unit names another program"
}

keeps_folders_closed() {
    for account in --system --user; do
        rm -rf "$root"
        mkdir "$root"
        (umask 022 && install_first "$account" --lan)
        data=$root/var/lib/health-export
        [ "$account" = --system ] || data=$root/home/somebody/.local/share/health-export
        [ "$(stat -c %a "$data")" = 700 ] || fault "$data has mode $(stat -c %a "$data")"
    done
}

says_what_a_purge_would_remove() {
    install_first
    a_database
    installer 0 --root "$root" --dry-run --purge
    says "+ rm -rf $root/var/lib/health-export"
    says "would be removed"
    ! grep -q "are removed" "$work/out" || fault "it says that it has removed something"
    is_there /var/lib/health-export/health.db
    installer 0 --root "$root" --dry-run --uninstall
    says "would be removed"
    ! grep -q "is removed" "$work/out" || fault "it says that it has removed something"
    installer 0 --root "$root" --from "$second"
    installer 0 --root "$root" --dry-run --rollback
    ! grep -q "^Done" "$work/out" || fault "it says that it is done"
    runs /usr/local/bin/health-export 2.0.0
}

# A download that broke off does nothing, wherever it did.
does_nothing_when_cut() {
    script=$work/cut.sh
    for lines in 20 100 300 "$(($(wc -l <"$here/install.sh") - 1))"; do
        head -n "$lines" "$here/install.sh" >"$script"
        # shellcheck disable=SC2086
        $shell "$script" --root "$root" --from "$first" >/dev/null 2>&1 || true
        [ -z "$(find "$root" -mindepth 1)" ] || fault "$lines lines have made: $(find "$root" -mindepth 1)"
    done
    script=
}

# A service manager that writes down what it is asked, and starts no version that is named in $refused.
# shellcheck disable=SC2016
pretend_systemd() {
    pretend systemctl 'case $* in
        *is-system-running) echo running ;;
        *restart*) echo "systemctl $*" >>"$CALLS"; case "$("$HOME/.local/bin/health-export" --version)" in *"${REFUSED:-none}") exit 1 ;; esac ;;
        *) echo "systemctl $*" >>"$CALLS" ;;
    esac' journalctl 'echo "the log says why"' curl 'case $* in *http://127.0.0.1:8787/health/ready*) ;; *) exit 1 ;; esac'
    home=$root/home
    mkdir -p "$home"
}

starts_the_service() {
    pretend_systemd
    installer 0 --user --from "$first"
    says "It runs at http://127.0.0.1:8787"
    says "loginctl enable-linger"
    asked_for "systemctl --user enable health-export.service"
    asked_for "systemctl --user enable --now health-export-backup.timer"
    asked_for "systemctl --user restart health-export.service"
    installer 0 --user --uninstall
    asked_for "systemctl --user disable --now health-export.service health-export-backup.timer"
    fake='' home=''
    is_gone /home/.local/bin/health-export
}

undoes_what_does_not_start() {
    pretend_systemd
    export REFUSED=1.0.0
    installer 1 --user --from "$first"
    unset REFUSED
    says "the log says why"
    says "the installation is undone"
    fake='' home=''
    is_gone /home/.local/bin/health-export
    is_gone /home/.config/systemd/user/health-export.service
}

undoes_an_upgrade_that_does_not_start() {
    pretend_systemd
    installer 0 --user --from "$first"
    echo '# as it was' >>"$root/home/.config/systemd/user/health-export.service"
    export REFUSED=2.0.0
    installer 1 --user --from "$second"
    unset REFUSED
    fake='' home=''
    says "the log says why"
    says "the upgrade is undone"
    runs /home/.local/bin/health-export 1.0.0
    is_gone /home/.local/bin/health-export.previous
    grep -qx '# as it was' "$root/home/.config/systemd/user/health-export.service" || fault "the new unit stays"
}

asked_for() { grep -qxF -- "$1" "$work/calls" || fault "nobody asked for: $1; only: $(cat "$work/calls")"; }

# What needs other tools.

check_shell_code() {
    command -v shellcheck >/dev/null 2>&1 || { echo "skipped: there is no shellcheck here"; return; }
    shellcheck "$here/install.sh" "$here/packaging/archive.sh" "$here/tests/install/run.sh" "$here/packaging/debian/"*
    cases=$((cases + 1))
}

check_units() {
    command -v systemd-analyze >/dev/null 2>&1 || { echo "skipped: there is no systemd-analyze here"; return; }
    shell=systemd-analyze
    for unit in "$here"/systemd/*.service "$here"/systemd/user/*.service; do
        grep -qx 'LimitCORE=0' "$unit" || fault "a crash of $unit may leave health data in a dump of memory"
    done
    for folder in system user; do
        mkdir -p "$work/units/$folder"
        source=$here/systemd
        [ "$folder" = system ] || source=$here/systemd/user
        # Any program will do, where this one is not installed.
        for unit in "$source"/*.service "$source"/*.timer; do
            sed 's|^ExecStart=[^ ]* |ExecStart=/bin/true |' "$unit" >"$work/units/$folder/$(basename "$unit")"
        done
        manager=--$folder
        [ "$folder" = system ] || export XDG_RUNTIME_DIR="$work"
        systemd-analyze "$manager" verify "$work/units/$folder/"* >"$work/out" 2>&1 || fault "verify of $folder"
        [ ! -s "$work/out" ] || fault "verify of $folder complains"
    done
    for unit in health-export.service health-export-backup.service; do
        systemd-analyze security --offline=true --threshold=15 "$work/units/system/$unit" >"$work/out" 2>&1 || fault "$unit is too open"
        tail -n 1 "$work/out"
    done
    cases=$((cases + 4))
    command -v systemd-sysusers >/dev/null 2>&1 || { echo "skipped: there is no systemd-sysusers here"; return; }
    mkdir -p "$work/account"
    systemd-sysusers --root="$work/account" --dry-run "$here/systemd/health-export.sysusers.conf" >"$work/out" 2>&1 || fault "the account"
    says "Creating user 'health-export'"
    cases=$((cases + 1))
}

# Made twice from one program, an archive is the same to the byte.
check_archive() {
    shell=archive.sh
    for time in one two; do
        SOURCE_DATE_EPOCH=1700000000 "$here/packaging/archive.sh" "$work/program" "$work/sbom" "$work/dist-$time" >/dev/null
        (umask 077 && sleep 1)
    done
    diff -r "$work/dist-one" "$work/dist-two" >/dev/null || fault "two archives of one program differ"
    (cd "$work/dist-one" && sha256sum -c --quiet ./*.sha256) || fault "its sum is wrong"
    cases=$((cases + 1))
}

main "$@"
