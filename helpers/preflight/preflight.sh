#!/bin/sh
# What Docker's networking needs of this machine, asked before dockerd runs, and why dockerd did not start.
# Needs no Docker, no Node: a POSIX shell, awk, grep, sed. Reads only; what dockerd is going to ask of the kernel is
# tried in a network namespace of its own, which ends with the question.
# PREFLIGHT_ROOT stands before the paths of files that are read: for tests, and for a system mounted elsewhere.
# shellcheck disable=SC2016  # $ in the single quotes of awk is awk's
set -u
LC_ALL=C
export LC_ALL
# As systemd gives it to dockerd; NixOS' place last.
PATH="$PATH:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/run/current-system/sw/bin"
export PATH
ROOT=${PREFLIGHT_ROOT:-}
TAB=$(printf '\t')
NL='
'

usage() {
  cat <<END
Usage: preflight [--json] [--config-file FILE]

Says whether this machine has what Docker's networking needs, and why dockerd did not start. Run it as root.

  --json              one JSON object instead of text
  --config-file FILE  the daemon.json to look at, instead of the one that dockerd reads

Exit codes: 0 nothing is in the way, 1 something keeps dockerd or its networks from working,
2 not judged (something necessary could not be looked at), 64 wrong usage.
END
}

JSON='' CONFIG=''
while [ $# -gt 0 ]; do
  case $1 in
    --json) JSON=1 ;;
    --config-file)
      [ -n "${2:-}" ] || { echo "preflight: --config-file needs a value" >&2; exit 64; }
      CONFIG=$2
      shift
      ;;
    -h | --help) usage; exit 0 ;;
    *) echo "preflight: unknown argument: $1 (try --help)" >&2; exit 64 ;;
  esac
  shift
done

# --- findings: a line each, of level, id, what, seen and what to do ---------------------------------------------------

FINDINGS='' LOOKED='' NOT_LOOKED='' IPTABLES='' not_here=''
flat() { printf '%s' "$*" | tr '\t\r\n' '   ' | tr -d '\000-\037' | sed 's/  */ /g; s/^ //; s/ $//' | cut -c1-500; }
found() { FINDINGS="$FINDINGS$1$TAB$2$TAB$(flat "$3")$TAB$(flat "$4")$TAB$(flat "$5")$NL"; }
looked() { LOOKED="$LOOKED$1$NL"; }
not_looked() { NOT_LOOKED="$NOT_LOOKED$(flat "$1")$NL"; }
has_found() { printf '%s' "$FINDINGS" | grep -q "^blocks$TAB"; }
have() { command -v "$1" >/dev/null 2>&1; }

# --- this machine -----------------------------------------------------------------------------------------------------

KERNEL=$(uname -r)
os() { sed -n "s/^$1=//p" "$ROOT/etc/os-release" 2>/dev/null | head -n 1 | tr -d '"'; }
FAMILY=
case " $(os ID) $(os ID_LIKE) " in
  *' ubuntu '*) FAMILY=ubuntu ;;
  *' debian '*) FAMILY=debian ;;
  *' rhel '* | *' fedora '* | *' centos '*) FAMILY=fedora ;;
  *' suse '* | *' opensuse '* | *' sles '*) FAMILY=suse ;;
  *' arch '*) FAMILY=arch ;;
  *' alpine '*) FAMILY=alpine ;;
esac

install() { # of a program: the command by which this distribution brings it
  case $FAMILY in
    ubuntu | debian) echo "apt-get install $1" ;;
    fedora) echo "dnf install $(echo "$1" | sed 's/^iptables$/iptables-nft/')" ;;
    suse) echo "zypper install $1" ;;
    arch) echo "pacman -S $(echo "$1" | sed 's/^iptables$/iptables-nft/')" ;;
    alpine) echo "apk add $1" ;;
    *) echo "Install the package $1 of this distribution" ;;
  esac
}

start_again() {
  if [ -d /run/systemd/system ]; then echo "systemctl restart docker"
  elif have rc-service; then echo "rc-service docker restart"
  else echo "start dockerd"; fi
}

kernel_config() { # of an option: y, m, n, or nothing where no configuration can be read
  if [ -z "${KCONFIG+set}" ]; then
    KCONFIG=
    for file in "$ROOT/proc/config.gz" "$ROOT/boot/config-$KERNEL" "$ROOT/lib/modules/$KERNEL/config" "$ROOT/lib/modules/$KERNEL/build/.config"; do
      [ -r "$file" ] || continue
      case $file in
        *.gz) KCONFIG=$(gzip -dc "$file" 2>/dev/null | grep '^CONFIG_') ;;
        *) KCONFIG=$(grep '^CONFIG_' "$file") ;;
      esac
      [ -n "$KCONFIG" ] && break
    done
  fi
  [ -n "$KCONFIG" ] || return 0
  printf '%s\n' "$KCONFIG" | sed -n "s/^CONFIG_$1=//p" | grep '^[ym]$' || echo n
}

mend_kernel() { # of a module and its option: how this machine comes by it
  modules="$ROOT/lib/modules"
  if [ ! -d "$modules/$KERNEL" ] && [ -n "$(ls "$modules" 2>/dev/null)" ]; then
    echo "The modules of the running kernel $KERNEL are gone, as after an upgrade of the kernel: reboot"
    return
  fi
  case $(kernel_config "$2") in
    n) echo "The running kernel is built without CONFIG_$2: boot the distribution's own kernel, or build it with that option"; return ;;
    y) echo "The kernel has CONFIG_$2 built in: look at what iptables and a security module (SELinux, AppArmor, seccomp) say"; return ;;
  esac
  if [ -n "$(find "$modules/$KERNEL" -name "$1.ko*" 2>/dev/null | head -n 1)" ]; then
    echo "Load the module and look at its words: modprobe $1; keep it: echo $1 >/etc/modules-load.d/docker.conf"
    return
  fi
  case $FAMILY in
    fedora) echo "dnf install kernel-modules-extra-$KERNEL && modprobe $1" ;;
    ubuntu) echo "apt-get install linux-modules-extra-$KERNEL && modprobe $1" ;;
    alpine) echo "apk add linux-lts (a virtual machine's kernel has fewer modules), reboot, then: modprobe $1" ;;
    *) echo "This kernel lacks the module $1 (CONFIG_$2): install the package with the rest of its modules, or another kernel" ;;
  esac
}

# --- dockerd: its version, its flags, whether it runs -------------------------------------------------------------------

DOCKERD=$(command -v dockerd || true)
VERSION=
[ -n "$DOCKERD" ] && VERSION=$("$DOCKERD" --version 2>/dev/null | sed -n 's/^Docker version \([0-9][0-9.]*\).*/\1/p')
since() { # of major and minor: whether dockerd is that old or newer; one that nobody knows is taken for a new one
  [ -z "$VERSION" ] && return 0
  echo "$VERSION" | awk -F. -v major="$1" -v minor="${2:-0}" '{ exit !($1 > major || ($1 == major && $2 >= minor)) }'
}

RUNNING=
mine=$(readlink /proc/self/ns/net 2>/dev/null)
for process in "$ROOT"/proc/[0-9]*; do
  read -r name <"$process/comm" || continue
  case $name in dockerd* | .dockerd*) ;; *) continue ;; esac
  # Whose network a process has is root's to see.
  [ "$(id -u)" != 0 ] || [ "$(readlink "$process/ns/net")" = "$mine" ] || continue
  RUNNING=${process##*/}
  break
done 2>/dev/null

# Prints dockerd's flags, a word a line; fails where nothing names them.
flags_of_dockerd() {
  if [ -n "$RUNNING" ]; then
    tr '\000' '\n' <"$ROOT/proc/$RUNNING/cmdline" | tail -n +2
    return
  fi
  unit=$(systemctl show -p LoadState -p ExecStart -p EnvironmentFiles docker.service 2>/dev/null) || unit=
  line=$(printf '%s\n' "$unit" | sed -n 's/^ExecStart=.*argv\[\]=\(.*\) ; ignore_errors=.*/\1/p' | tail -n 1)
  files=$(printf '%s\n' "$unit" | sed -n 's/^EnvironmentFiles=\([^ ]*\).*/\1/p')
  if [ -z "$line" ]; then
    for file in /etc/conf.d/docker /etc/default/docker; do
      [ -r "$ROOT$file" ] && line='dockerd $DOCKER_OPTS' files=$file && break
    done
  fi
  [ -n "$line" ] || return 1
  set -f
  for word in $line; do
    case $word in
      \$*)
        name=$(printf '%s' "$word" | tr -d '${}"')
        # shellcheck disable=SC2086
        for file in $files; do sed -n "s/^\(export \)\{0,1\}$name=//p" "$ROOT$file" 2>/dev/null | tail -n 1 | tr -d "\"'" | tr ' ' '\n'; done
        ;;
      *) printf '%s\n' "$word" ;;
    esac
  done | grep . | tail -n +2
}
if FLAGS=$(flags_of_dockerd); then looked "dockerd's flags"; else not_looked "dockerd's flags: no service manager names them"; fi

flag() { # of a long name and perhaps a short one: its values, a line each
  printf '%s\n' "$FLAGS" | awk -v long="--$1" -v short="${2:--}" '
    wanted { print; wanted = 0; next }
    index($0, long "=") == 1 { print substr($0, length(long) + 2); next }
    $0 == long || (short != "-" && $0 == short) { wanted = 1; next }
    short != "-" && index($0, short) == 1 && substr($0, 2, 1) != "-" { print substr($0, length(short) + 1) }'
}

# --- daemon.json ------------------------------------------------------------------------------------------------------

# Reads JSON: prints path, type and value of each scalar; what is wrong, with its place, as a line that
# begins with \001, which no JSON holds.
# -v tolerant=1: what follows the first value is not read, as by dockerd before 23.
READ_JSON='
function fail(what,   before, lines) {
  if (failed) return
  failed = 1
  before = substr(text, 1, at - 1)
  lines = gsub(/\n/, "\n", before)
  sub(/.*\n/, "", before)
  print "\001line " (lines + 1) ", column " (length(before) + 1) ": " what
}
function blank() { while (at <= size && index(" \t\r\n", substr(text, at, 1))) at++ }
function shown() { return at > size ? "the end of the file" : "\"" substr(text, at, 1) "\"" }
function string(   start, c) {
  start = ++at
  while (at <= size) {
    c = substr(text, at, 1)
    if (c == "\"") { at++; return substr(text, start, at - 1 - start) }
    if (c == "\\") {
      c = substr(text, ++at, 1)
      if (c == "u" && substr(text, at + 1, 4) ~ /^[0-9a-fA-F][0-9a-fA-F][0-9a-fA-F][0-9a-fA-F]$/) at += 4
      else if (!index("\"\\/bfnrt", c) || c == "") { fail("an escape that JSON does not know: \\" c); return "" }
    } else if (c < " ") { fail("a string does not end on its line, or holds a control character"); return "" }
    at++
  }
  fail("a string does not end"); return ""
}
function value(path,   c, key, n, word) {
  blank()
  c = substr(text, at, 1)
  if (failed) return
  if (c == "{") {
    at++; blank()
    if (substr(text, at, 1) == "}") { at++; print path "\tobject\t"; return }
    if (path == "") print path "\tobject\t"
    for (;;) {
      blank()
      if (substr(text, at, 1) != "\"") { fail("a key in double quotes is expected, not " shown()); return }
      key = string(); blank()
      if (failed) return
      if (substr(text, at, 1) != ":") { fail("\":\" is expected behind a key, not " shown()); return }
      at++
      value(path == "" ? key : path "." key); blank()
      if (failed) return
      c = substr(text, at++, 1)
      if (c == "}") return
      if (c != ",") { at--; fail("\",\" or \"}\" is expected, not " shown()); return }
    }
  }
  if (c == "[") {
    at++; blank()
    if (path == "") print path "\tarray\t"
    if (substr(text, at, 1) == "]") { at++; return }
    for (n = 0; ; n++) {
      value(path "." n); blank()
      if (failed) return
      c = substr(text, at++, 1)
      if (c == "]") return
      if (c != ",") { at--; fail("\",\" or \"]\" is expected, not " shown()); return }
    }
  }
  if (c == "\"") { word = string(); if (!failed) print path "\tstring\t" word; return }
  match(substr(text, at), /^[-+.0-9A-Za-z_]+/)
  word = RLENGTH > 0 ? substr(text, at, RLENGTH) : ""
  if (word == "true" || word == "false" || word == "null") print path "\t" word "\t" word
  else if (word ~ /^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?$/) print path "\tnumber\t" word
  else { fail("a value is expected, not " (word == "" ? shown() : word)); return }
  at += length(word)
}
{ text = text $0 "\n" }
END {
  size = length(text); at = 1
  value("")
  if (!failed) { blank(); if (at <= size && !tolerant) fail("the file goes on behind its value: " shown()) }
}'

[ -n "$CONFIG" ] || CONFIG=$(flag config-file | tail -n 1)
[ -n "$CONFIG" ] || CONFIG=/etc/docker/daemon.json
FILE=$ROOT$CONFIG
SETTINGS=
setting() { printf '%s' "$SETTINGS" | awk -F '\t' -v path="$1" '$1 == path { print $3 }' | tail -n 1; }
items() { printf '%s' "$SETTINGS" | awk -F '\t' -v path="$1." 'index($1, path) == 1 && substr($1, length(path) + 1) ~ /^[0-9]+$/ { print $3 }'; }
# A setting as dockerd takes it: from its flags, else from the file.
effective() {
  value=$(flag "$1" "${2:--}" | tail -n 1)
  if [ -n "$value" ]; then echo "$value"; else setting "$1"; fi
}

read_daemon_json() {
  [ -e "$FILE" ] || { looked "no daemon.json ($CONFIG)"; return; }
  if [ -d "$FILE" ]; then
    found blocks daemon-json "$CONFIG is a folder, and dockerd reads it as a file." "$(ls -ld "$FILE")" "rmdir $CONFIG, then $(start_again)"
    return
  fi
  [ -r "$FILE" ] || { found unknown daemon-json "$CONFIG can't be read by this user." "$(ls -ld "$FILE")" "Run this as root."; return; }
  looked "daemon.json ($CONFIG)"
  mark=$(head -c 3 "$FILE" | od -An -tx1 | tr -d ' \n')
  if [ "$mark" = efbbbf ] && ! since 23; then
    found blocks daemon-json "$CONFIG begins with a byte order mark; dockerd before 23.0 refuses that." "bytes ef bb bf" "sed -i '1s/^\xef\xbb\xbf//' $CONFIG, then $(start_again)"
    return
  fi
  if ! grep -q '[^[:space:]]' "$FILE"; then
    since 23 || found blocks daemon-json "$CONFIG is empty; dockerd before 23.0 refuses that." "no value in it" "echo '{}' >$CONFIG, then $(start_again)"
    return
  fi
  tolerant=1
  since 23 && tolerant=0
  SETTINGS=$(sed '1s/^\xef\xbb\xbf//' "$FILE" | awk -v tolerant=$tolerant "$READ_JSON")$NL
  wrong=$(printf '%s' "$SETTINGS" | sed -n "s/^$(printf '\001')//p")
  if [ -n "$wrong" ]; then
    found blocks daemon-json "$CONFIG is no JSON: dockerd does not start with it." "$wrong" "Mend that place in $CONFIG, then $(start_again)"
    SETTINGS=
    return
  fi
  if [ "$(printf '%s' "$SETTINGS" | head -n 1 | cut -f 2)" != object ]; then
    found blocks daemon-json "$CONFIG holds no JSON object." "its value is of another kind" "Write { } around the settings, then $(start_again)"
    SETTINGS=
  fi
}

# dockerd's own word about keys and types; it has no say about what their values mean on this machine.
ask_dockerd_about_file() {
  [ -f "$FILE" ] && [ -n "$SETTINGS" ] || return
  if [ -z "$DOCKERD" ]; then not_looked "whether dockerd knows the keys of $CONFIG: there is no dockerd to ask"; return; fi
  [ "$(id -u)" = 0 ] || return
  if ! since 23; then not_looked "whether dockerd knows the keys of $CONFIG: dockerd $VERSION has no --validate"; return; fi
  # shellcheck disable=SC2046  # flags are words
  answer=$(set -f; "$DOCKERD" --validate $(printf '%s\n' "$FLAGS" | grep -v '^--config-file') --config-file "$FILE" 2>&1) && { looked "the keys of daemon.json, by dockerd --validate"; return; }
  answer=$(printf '%s\n' "$answer" | grep -vE 'level=(debug|info|warning)|^$|^See ' | tail -n 3)
  [ -n "$answer" ] || return
  found blocks daemon-json "dockerd refuses $CONFIG." "dockerd --validate: $answer" "$(mend_words "$answer" || echo "Mend that in $CONFIG"), then $(start_again)"
}

# Options that stand in dockerd's flags as well as in its file.
compare_flags_with_file() {
  [ -n "$FLAGS" ] && [ -n "$SETTINGS" ] || return
  for key in $(printf '%s' "$SETTINGS" | cut -f 1 | sed 's/\..*//' | sort -u); do
    short=-
    case $key in hosts) name=host short=-H ;; bridge) name=bridge short=-b ;; debug) name=debug short=-D ;; dns | dns-opts | default-address-pools | insecure-registries | registry-mirrors | labels) name=$(echo "$key" | sed 's/^labels$/label/; s/ies$/y/; s/mirrors$/mirror/; s/pools$/pool/; s/opts$/opt/') ;; *) name=$key ;; esac
    printf '%s\n' "$FLAGS" | awk -v long="--$name" -v short=$short '$0 == long || index($0, long "=") == 1 || (short != "-" && index($0, short) == 1 && substr($0, 2, 1) != "-") { hit = 1 } END { exit !hit }' || continue
    found blocks flag-and-file "\"$key\" stands in $CONFIG and among dockerd's flags: dockerd does not start with both." "flags: $(printf '%s' "$FLAGS" | tr '\n' ' ')" "Take \"$key\" out of $CONFIG, or the flag out of the service (systemctl edit docker: an empty ExecStart=, then one without --$name), then $(start_again)"
  done
}

# --- addresses ----------------------------------------------------------------------------------------------------------

# Without "^": BusyBox may be built without it.
ADDRESSES='
function number(ip,   part) { return split(ip, part, ".") == 4 && ip ~ /^[0-9.]+$/ && part[1] < 256 && part[2] < 256 && part[3] < 256 && part[4] < 256 ? ((part[1] * 256 + part[2]) * 256 + part[3]) * 256 + part[4] : -1 }
function width(prefix,   w) { for (w = 1; prefix < 32; prefix++) w *= 2; return w }
function meet(a, p, b, q,   w) { w = width(p < q ? p : q); return int(a / w) == int(b / w) }
function is_range(range,   half) { return split(range, half, "/") == 2 && number(half[1]) >= 0 && half[2] ~ /^[0-9]+$/ && half[2] <= 32 }'

# Ranges that the host reaches without a gateway: those are what dockerd avoids, and what it must not take away.
on_link() { ip -4 route show table main 2>/dev/null | awk '$1 != "default" && !/ via / && $1 ~ /^[0-9]/ { if ($1 !~ /\//) $1 = $1 "/32"; dev = ""; for (i = 1; i < NF; i++) if ($i == "dev") dev = $(i + 1); print $1, dev }'; }

look_at_addresses() {
  bip=$(effective bip) bridge=$(effective bridge b)
  # `-b none`: an engine without a default bridge.
  if [ -n "$bip" ]; then
    fault=$(echo "$bip" | awk "$ADDRESSES"'{ split($1, half, "/"); if (!is_range($1)) print "it is no address with a prefix length"; else if (half[2] < 31 && number(half[1]) % width(half[2]) == 0) print "it is the address of the network itself" }')
    case $bip in *:*) fault= ;; esac
    [ -n "$fault" ] && found blocks bip "\"bip\" is no address that docker0 can have: $fault." "\"bip\": \"$bip\"" "Write docker0's own address with its prefix length, such as 172.17.0.1/16, then $(start_again)"
    [ -n "$bridge" ] && found blocks bip-and-bridge "\"bip\" and \"bridge\" are both set; dockerd takes one of them." "bip $bip, bridge $bridge" "Take one of them out, then $(start_again)"
  fi
  if [ -n "$bridge" ] && [ "$bridge" != none ] && [ -z "$RUNNING" ] && [ "$bridge" != docker0 ] && [ ! -e "$ROOT/sys/class/net/$bridge" ]; then
    found blocks bridge-missing "The bridge $bridge that \"bridge\" names does not exist; dockerd makes none but docker0." "no $bridge in /sys/class/net" "ip link add name $bridge type bridge, give it an address, let the host's own network configuration make it at boot, then $(start_again)"
  fi
  for pool in $(printf '%s' "$SETTINGS" | awk -F '\t' '$1 ~ /^default-address-pools\.[0-9]+\./ { split($1, part, "."); pool[part[2]] = pool[part[2]] part[3] "=" $3 "," } END { for (i in pool) print pool[i] }'); do
    echo "$pool" | awk "$ADDRESSES"'{ base = size = $1; sub(/.*base=/, "", base); sub(/,.*/, "", base); sub(/.*size=/, "", size); sub(/,.*/, "", size); split(base, half, "/"); exit !(is_range(base) && size ~ /^[0-9]+$/ && size < half[2]) }' &&
      found blocks address-pool "An address pool is smaller than the networks that are to be cut from it." "\"default-address-pools\": $(echo "$pool" | tr ',' ' ')" "Make \"size\" the prefix length of one network, no smaller a number than the base's, then $(start_again)"
  done
  [ "$(effective icc)" = false ] && [ "$(effective iptables)" = false ] &&
    found blocks icc-without-iptables "\"icc\": false needs iptables, and \"iptables\": false forbids it." "both are set" "Take one of them out, then $(start_again)"
  for server in $(items dns); do
    case $server in *:*) continue ;; esac
    echo "$server" | awk "$ADDRESSES"'{ exit number($1) >= 0 }' && found blocks dns "\"dns\" holds what is no address; names are not allowed there." "$server" "Write the server's address, then $(start_again)"
  done
  [ "$(effective ipv6)" = true ] && [ -z "$(effective fixed-cidr-v6)" ] && [ -z "$bridge" ] && ! since 28 &&
    found blocks fixed-cidr-v6 "\"ipv6\": true needs \"fixed-cidr-v6\" before Engine 28.0." "dockerd $VERSION" "Add \"fixed-cidr-v6\": \"fd00:dead:beef::/64\" to $CONFIG, then $(start_again)"
  # What a running engine took is its own.
  [ -n "$RUNNING" ] && return
  if ! have ip; then not_looked "routes and addresses: there is no program ip"; return; fi
  looked "addresses and routes"
  if [ -n "$bip" ]; then
    met=$(on_link | awk -v bip="$bip" "$ADDRESSES"'$2 != "docker0" { split(bip, b, "/"); split($1, r, "/"); if (is_range(bip) && is_range($1) && meet(number(b[1]), b[2], number(r[1]), r[2])) { print $1 " dev " $2; exit } }')
    [ -n "$met" ] && found warns bip-overlap "docker0's range lies over one that this host reaches itself: once dockerd runs, the host may lose the way to it." "\"bip\": \"$bip\" meets the route $met" "Take another range for \"bip\", then $(start_again)"
    return
  fi
  [ -n "$bridge" ] && return
  ip -4 -o addr show dev docker0 2>/dev/null | grep -q inet && return
  pools=$(printf '%s' "$SETTINGS" | awk -F '\t' '$1 ~ /^default-address-pools\.[0-9]+\./ { split($1, part, "."); of[part[2] part[3]] = $3; if (part[2] + 0 >= n) n = part[2] + 1 } END { for (i = 0; i < n; i++) print of[i "base"] "," of[i "size"] }')
  [ -n "$pools" ] || pools='172.17.0.0/16,16 172.18.0.0/16,16 172.19.0.0/16,16 172.20.0.0/14,16 172.24.0.0/14,16 172.28.0.0/14,16 192.168.0.0/16,20'
  left=$(on_link | awk -v pools="$(printf '%s' "$pools" | tr '\n' ' ')" "$ADDRESSES"'
    { split($1, r, "/"); at[NR] = number(r[1]); long[NR] = r[2] }
    END {
      n = split(pools, pool, " ")
      for (i = 1; i <= n; i++) {
        split(pool[i], cut, ","); split(cut[1], base, "/")
        if (!is_range(cut[1])) { print "unknown"; exit }
        for (j = 0; j < width(base[2]) / width(cut[2]) && j < 4096; j++) {
          one = number(base[1]) + j * width(cut[2]); taken = 0
          for (k = 1; k <= NR; k++) if (meet(one, cut[2], at[k], long[k])) taken = 1
          if (!taken) { print "free"; exit }
        }
      }
      print "none"
    }')
  [ "$left" = none ] && found blocks address-pools-used "Every subnet of Docker's address pools lies over a range that this host reaches itself: docker0 can have none." "routes: $(on_link | tr '\n' ';')" "Name a free range: {\"bip\": \"10.213.0.1/24\", \"default-address-pools\": [{\"base\": \"10.214.0.0/16\", \"size\": 24}]} in $CONFIG, then $(start_again)"
}

# --- what is in the way ---------------------------------------------------------------------------------------------------

owner_of_port() { # of a port: the processes that listen on it
  hex=$(printf '%04X' "$1")
  # shellcheck disable=SC2013  # a number a line
  for inode in $(awk -v port=":$hex\$" '$4 == "0A" && $2 ~ port { print $10 }' "$ROOT/proc/net/tcp" "$ROOT/proc/net/tcp6" 2>/dev/null); do
    for fd in "$ROOT"/proc/[0-9]*/fd/*; do
      [ "$(readlink "$fd" 2>/dev/null)" = "socket:[$inode]" ] || continue
      process=${fd%/fd/*}
      echo "$(cat "$process/comm") (process ${process##*/})"
      break
    done
  done | sort -u | tr '\n' ' '
}
listens() { awk -v port=":$(printf '%04X' "$1")\$" '$4 == "0A" && $2 ~ port { hit = 1 } END { exit !hit }' "$ROOT/proc/net/tcp" "$ROOT/proc/net/tcp6" 2>/dev/null; }
told_port() { found blocks port-taken "Port $1, on which dockerd is to listen, is taken." "by $(owner_of_port "$1")" "End that, or name another port in dockerd's hosts, then $(start_again)"; }

look_at_what_is_in_the_way() {
  [ -n "$RUNNING" ] && return
  looked "sockets, ports and devices in the way"
  pidfile=$(effective pidfile p); pidfile=${pidfile:-/var/run/docker.pid}
  pid=$(sed 's/[^0-9]//g' "$ROOT$pidfile" 2>/dev/null)
  if [ -n "$pid" ] && [ -d "$ROOT/proc/$pid" ]; then
    found blocks pid-file "$pidfile names a process that runs and is no dockerd of this network: dockerd takes it for itself." "process $pid: $(cat "$ROOT/proc/$pid/comm" 2>/dev/null)" "rm $pidfile, then $(start_again)"
  fi
  hosts=$(flag host H; items hosts)
  for host in ${hosts:-unix:///var/run/docker.sock}; do
    case $host in
      unix://*)
        path=${host#unix://}; path=${path:-/var/run/docker.sock}
        [ -d "$ROOT$path" ] && found blocks socket-folder "$path is a folder, as a bind mount makes one while there is no socket; dockerd can't listen there." "$(ls -ld "$ROOT$path")" "rm -r $path (look what is in it), then $(start_again)"
        ;;
      tcp://*) port=${host##*:}; case $port in '' | *[!0-9]*) ;; *) listens "$port" && told_port "$port" ;; esac ;;
      fd://*)
        [ "$(systemctl show -p LoadState docker.socket 2>/dev/null)" = LoadState=masked ] &&
          found blocks socket-masked "dockerd is to get its socket from docker.socket, which is masked." "dockerd's flag -H fd://" "systemctl unmask docker.socket docker.service, then $(start_again)"
        ;;
    esac
  done
  if [ -e "$ROOT/sys/class/net/docker0" ] && [ ! -e "$ROOT/sys/class/net/docker0/bridge" ] && [ -z "$(effective bridge b)" ]; then
    found blocks docker0 "There is an interface docker0 that is no bridge; dockerd can't use it." "$(ip -o -d link show docker0 2>/dev/null || echo "no /sys/class/net/docker0/bridge")" "ip link del docker0, or rename it, then $(start_again)"
  fi
  if have firewall-cmd && [ "$(firewall-cmd --state 2>/dev/null)" = running ]; then
    zone=$(firewall-cmd --get-zone-of-interface=docker0 2>/dev/null)
    [ -n "$zone" ] && [ "$zone" != docker ] && found blocks firewalld-zone "firewalld has docker0 in the zone $zone; dockerd wants it in its own zone docker, and ends with ZONE_CONFLICT." "firewall-cmd --get-zone-of-interface=docker0: $zone" "firewall-cmd --permanent --zone=$zone --remove-interface=docker0 && firewall-cmd --reload, then $(start_again)"
  fi
}

look_at_forwarding() {
  switch=/proc/sys/net/ipv4/ip_forward
  if [ "$(cat "$ROOT$switch" 2>/dev/null)" = 0 ]; then
    looked "forwarding"
    if [ "$(effective ip-forward)" = false ]; then
      found warns forwarding "IP forwarding is off, and \"ip-forward\": false keeps dockerd from switching it on: containers reach nothing beyond this host." "net.ipv4.ip_forward = 0" "echo net.ipv4.ip_forward=1 >/etc/sysctl.d/99-docker.conf && sysctl --system"
    elif awk -v path=$switch '{ at = $2; if (index(path, at == "/" ? "/" : at "/") == 1 || path == at) if (length(at) >= best) { best = length(at); options = $4 } } END { exit options !~ /(^|,)ro(,|$)/ }' "$ROOT/proc/mounts" 2>/dev/null; then
      found blocks forwarding-read-only "IP forwarding is off, and /proc/sys is read-only: dockerd can't switch it on, and ends." "net.ipv4.ip_forward = 0" "Switch it on where /proc/sys may be written (outside of this container: sysctl -w net.ipv4.ip_forward=1), or \"ip-forward\": false"
    fi
  elif [ -r "$ROOT$switch" ]; then looked "forwarding"; fi
  # The last one counts, in the order in which they are read.
  line=$(grep -nE '^[[:space:]]*-?net[./]ipv4[./](ip_forward|conf[./]all[./]forwarding)[[:space:]]*=' "$ROOT"/run/sysctl.d/*.conf "$ROOT"/etc/sysctl.d/*.conf "$ROOT"/etc/sysctl.conf /dev/null 2>/dev/null | tail -n 1)
  printf '%s\n' "$line" | grep -q '=[[:space:]]*0[[:space:]]*$' && found warns forwarding-off-in-file "A file of the host switches forwarding off: whenever sysctl reads it again, containers lose the way out until dockerd is restarted." "$line" "Write 1 there, or take the line out"
  if [ "$(effective icc)" = false ] && [ "$(effective iptables)" != false ] && [ ! -d "$ROOT/proc/sys/net/bridge" ] && [ "$(kernel_config BRIDGE_NETFILTER)" != y ] && ! modprobe -n br_netfilter 2>/dev/null; then
    found blocks br-netfilter "\"icc\": false needs the module br_netfilter, and it can't be loaded." "no /proc/sys/net/bridge; modprobe -n br_netfilter fails" "$(mend_kernel br_netfilter BRIDGE_NETFILTER)"
  fi
}

# --- packet filters, and the kernel that carries them -----------------------------------------------------------------------

UNSHARE=
for words in unshare 'busybox unshare'; do
  # shellcheck disable=SC2086
  $words -n true 2>/dev/null && UNSHARE=$words && break
done

# Tries a step in a namespace of its own; prints what was said, and fails where it failed.
in_namespace() { $UNSHARE -n sh -c "$1" 2>&1; }

# What dockerd is going to ask for: module, option of the kernel, what Docker needs it for, level, line.
# $1: the program, $2: the level of its steps.
filter_steps() {
  cat <<END
nf_nat|NF_NAT|the table nat|$2|$1 -w 5 -t nat -N DNC
iptable_filter|IP_NF_FILTER|the table filter|$2|$1 -w 5 -t filter -N DNC
xt_addrtype|NETFILTER_XT_MATCH_ADDRTYPE|published ports (the match addrtype)|$2|$1 -w 5 -t nat -A PREROUTING -m addrtype --dst-type LOCAL -j ACCEPT
xt_MASQUERADE|IP_NF_TARGET_MASQUERADE|the way out of containers (the target MASQUERADE)|$2|$1 -w 5 -t nat -A POSTROUTING -o lo -j MASQUERADE
xt_nat|NETFILTER_XT_NAT|published ports (the target DNAT)|$2|$1 -w 5 -t nat -A PREROUTING -p tcp --dport 80 -j DNAT --to-destination $3
xt_conntrack|NETFILTER_XT_MATCH_CONNTRACK|answers to containers (the match conntrack)|$2|$1 -w 5 -A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
END
  since 28 && echo "iptable_raw|IP_NF_RAW|published ports since 28.0 (the table raw)|$2|$1 -w 5 -t raw -A PREROUTING -i lo -j DROP"
}

try_filter() { # of a program, a level, an address: tells the first step that fails, since the others fail of the same
  in_namespace "$(filter_steps "$1" "$2" "$3" | sed 's/^[^|]*|[^|]*|[^|]*|[^|]*|//; s/$/ || exit/')" >/dev/null && return
  filter_steps "$1" "$2" "$3" | while IFS='|' read -r module option purpose level line; do
    said=$(in_namespace "$line") && continue
    printf '%s|%s|%s|%s|%s|%s\n' "$module" "$option" "$purpose" "$level" "$line" "$(flat "$said")"
    break
  done
}

told_step() { # of what try_filter told: a finding
  IFS='|' read -r module option purpose level line said <<END
$1
END
  case $said in
    *'ermission denied'* | *'not permitted'*)
      found "$level" iptables-fails "Docker needs $purpose, and it is not permitted here." "$line: $said" "Where dockerd runs in a container, give it NET_ADMIN; else look at the security module (SELinux, AppArmor)"
      return
      ;;
  esac
  todo=$(mend_kernel "$module" "$option")
  case $said in
    *'holding the xtables lock'*) todo="Another program holds the lock of iptables; find it: fuser /run/xtables.lock" ;;
    *) [ -n "$(other_variant "$line")" ] && todo="$(other_variant "$line") can do it here: $(switch_to "$(other_variant "$line")"), then $(start_again)" ;;
  esac
  found "$level" "kernel-$module" "Docker needs $purpose, and this machine can't do it." "$line: $said" "$todo"
}
other_variant() { # of a line that failed: the other variant of its program, where that one can do it
  program=${1%% *}
  for other in "$program-nft" "$program-legacy"; do
    have "$other" && [ "$("$other" -V 2>/dev/null)" != "$("$program" -V 2>/dev/null)" ] && in_namespace "$other ${1#* }" >/dev/null && echo "$other" && return
  done
}
switch_to() {
  if have update-alternatives; then echo "update-alternatives --set ${1%-*} $(command -v "$1")"; else echo "let ${1%-*} be $(command -v "$1")"; fi
}

look_at_iptables() {
  if [ "$(effective iptables)" = false ]; then not_looked "iptables: \"iptables\": false, Docker makes no rules"; return; fi
  if ! have iptables; then
    found blocks iptables "dockerd needs the program iptables, and there is none." "no iptables on the PATH" "$(install iptables), then $(start_again)"
    return
  fi
  IPTABLES=$(iptables -V 2>&1) || { found blocks iptables-fails "The program iptables does not run." "iptables -V: $IPTABLES" "Mend what it says; $(install iptables)"; return; }
  looked "iptables: $IPTABLES"
  for table in nat filter; do
    said=$(iptables -w 5 -t $table -n -L 2>&1 >/dev/null) && continue
    # What fails in an empty namespace as well is the kernel's affair, and told as that.
    [ -n "$UNSHARE" ] && ! in_namespace "iptables -w 5 -t $table -n -L" >/dev/null && continue
    case $said in
      *'holding the xtables lock'*) todo="Another program holds the lock of iptables; find it: fuser /run/xtables.lock" ;;
      *incompatible*) todo="The table holds rules of nft that iptables can't read; see them: nft list ruleset; give them a table of another name" ;;
      *ermission*) todo="Run this as root; where dockerd runs in a container, give it NET_ADMIN" ;;
      *) todo="Look at its words; see the rules: nft list ruleset" ;;
    esac
    found blocks iptables-fails "iptables can't read the table $table of this host." "iptables -t $table -n -L: $said" "$todo"
  done
  has_found && printf '%s' "$FINDINGS" | grep -q "iptables-fails$TAB" && return
  if [ -z "$UNSHARE" ]; then look_at_kernel_config; return; fi
  looked "what dockerd asks of the kernel, tried in a namespace of its own"
  failed=$(try_filter iptables blocks 10.9.0.2:80)
  [ -n "$failed" ] && told_step "$failed"
  if { since 27 || [ "$(effective ip6tables)" = true ]; } && [ "$(effective ip6tables)" != false ] && [ -e "$ROOT/proc/net/if_inet6" ]; then
    if ! have ip6tables; then
      found warns ip6tables "There is no ip6tables: networks with IPv6 get no rules." "no ip6tables on the PATH" "$(install iptables), then $(start_again)"
    elif [ -z "$failed" ]; then
      failed=$(try_filter ip6tables warns '[fd00::2]:80')
      [ -n "$failed" ] && told_step "$failed"
    fi
  fi
}

look_at_nftables() {
  if ! have nft; then found blocks nft "\"firewall-backend\": nftables needs the program nft, and there is none." "no nft on the PATH" "$(install nftables), then $(start_again)"; return; fi
  [ -n "$UNSHARE" ] || { look_at_kernel_config; return; }
  looked "nftables, tried in a namespace of its own"
  line="nft 'table ip dnc { chain a { type nat hook prerouting priority -100; fib daddr type local tcp dport 80 dnat to 10.9.0.2:80; } ; chain b { type nat hook postrouting priority 100; masquerade; } ; chain c { type filter hook forward priority 0; ct state established,related accept; } ; }'"
  said=$(in_namespace "$line") || found blocks kernel-nf_tables "The rules that dockerd makes with nft can't be made." "$line: $said" "$(mend_kernel nf_tables NF_TABLES)"
}

# Where nothing can be tried, what the kernel was built with is the best that can be known.
look_at_kernel_config() {
  if [ -z "$(kernel_config NET)" ]; then
    found unknown kernel "Whether the kernel has what Docker's networking needs can't be seen: nothing can be tried, and no configuration of it can be read." "unshare -n fails; no /proc/config.gz, no /boot/config-$KERNEL" "Run this as root, or on the host instead of in a container."
    return
  fi
  looked "the kernel's configuration"
  for option in NET_NS VETH BRIDGE NF_NAT NETFILTER_XT_MATCH_ADDRTYPE NETFILTER_XT_MATCH_CONNTRACK; do
    [ "$(kernel_config $option)" = n ] && found blocks "kernel-config-$option" "The kernel is built without CONFIG_$option, which Docker's networks need." "CONFIG_$option is not set" "Boot the distribution's own kernel, or build it with that option"
  done
}

look_at_devices() {
  if [ -z "$UNSHARE" ] || ! have ip; then return; fi
  while IFS='|' read -r module option purpose level line; do
    said=$(in_namespace "$line") && continue
    found "$level" "kernel-$module" "Docker needs $purpose, and this machine can't do it." "$line: $said" "$(mend_kernel "$module" "$option")"
  done <<END
bridge|BRIDGE|bridges for its networks|blocks|ip link add name dnc0 type bridge
veth|VETH|pairs of veth for its containers|blocks|ip link add name dnc0 type veth
END
  looked "bridges and veth"
  for option in VXLAN:overlay MACVLAN:macvlan IPVLAN:ipvlan; do
    [ "$(kernel_config "${option%:*}")" = n ] && not_here="$not_here${not_here:+, }${option#*:}"
  done
  [ -n "$not_here" ] && not_looked "drivers that this kernel can't have: $not_here"
}

# Rules of the variant that dockerd does not use apply all the same.
look_at_mixture() {
  [ -n "$IPTABLES" ] || return
  case $IPTABLES in
    *nf_tables*) other=iptables-legacy; [ -s "$ROOT/proc/net/ip_tables_names" ] || return ;;
    *) other=iptables-nft ;;
  esac
  have $other-save || return
  rules=$($other-save 2>/dev/null) || return
  looked "rules of $other beside those of iptables"
  hit=$(printf '%s\n' "$rules" | grep -E '^:DOCKER |^:FORWARD DROP|^-A FORWARD .*-j (DROP|REJECT)' | head -n 1)
  [ -n "$hit" ] && found warns iptables-mixture "Rules stand in $other's tables too, and dockerd, which uses $IPTABLES, does not see them: they apply as well, and may drop what Docker lets pass." "$other-save: $hit" "See them: $other-save; when nothing uses them: $other -P FORWARD ACCEPT; $other -F; $other -t nat -F"
}

# --- dockerd's last words ---------------------------------------------------------------------------------------------------

# The last lines without a level before the end of the log, unless dockerd was up after them.
PICK_LAST_WORDS='
/Daemon has completed initialization|API listen on/ { words = ""; said = 0; next }
/^[[:space:]]*$/ || /^Run .dockerd.*--help/ || /^See .dockerd/ { next }
/level=fatal/ { line = $0; sub(/.*msg="?/, "", line); sub(/"$/, "", line); gsub(/\\"/, "\"", line); words = line; said = NR; next }
/level=[a-z]+|^(DEBU|INFO|WARN|ERRO)\[/ { next }
said && NR == said + 1 && lines < 6 { words = words " " $0; said = NR; lines++; next }
{ words = $0; said = NR; lines = 1 }
END { print words }'

read_last_words() { # sets WORDS and their place
  WORDS='' WHERE=''
  if have journalctl && [ -d /run/systemd/system ]; then
    WORDS=$(journalctl -u docker.service _COMM=dockerd -b -n 400 -o cat --no-pager -q 2>/dev/null | awk "$PICK_LAST_WORDS")
    WHERE="journalctl -u docker"
    # Log files beside a journal are of another time.
    return
  fi
  for log in /var/log/dockerd.log /var/log/docker.log /var/log/docker/docker.log /var/log/upstart/docker.log; do
    [ -s "$ROOT$log" ] || continue
    WORDS=$(tail -n 400 "$ROOT$log" | awk "$PICK_LAST_WORDS")
    WHERE=$log
    return
  done
}

mend_words() { # of dockerd's words: what is known to mend them; fails where nothing is
  case $1 in
    *'both as a flag and in the configuration file'*) echo "Take it out of $CONFIG, or the flag out of the service (systemctl edit docker)" ;;
    *"don't match any configuration option"*) echo "Correct or take out the key that it names in $CONFIG: this version knows none of that name" ;;
    *'address already in use'*) echo "End what listens there, or name another port in dockerd's hosts" ;;
    *'is a directory'*) echo "Remove the folder that it names (look what is in it)" ;;
    *ZONE_CONFLICT*) echo "firewall-cmd --permanent --zone=\$(firewall-cmd --get-zone-of-interface=docker0) --remove-interface=docker0 && firewall-cmd --reload" ;;
    *INVALID_IPV*) echo "firewalld can't use iptables: $(install iptables), systemctl restart firewalld" ;;
    *'networks have same bridge name'* | *'conflicts with network'*) echo "dockerd's store of networks contradicts itself: mv /var/lib/docker/network/files/local-kv.db /root/ (that forgets the networks that you made: docker network create them again)" ;;
    *'fully subnetted'* | *'no available network'* | *'non-overlapping IPv4'*) echo "Name a free range with \"bip\" and \"default-address-pools\" in $CONFIG" ;;
    *'missing kernel module'* | *'do you need to insmod'*) echo "The kernel lacks a module that it names: reboot after an upgrade of the kernel, else install the rest of its modules" ;;
    *'no sockets found via socket activation'*) echo "systemctl enable --now docker.socket, or start dockerd without -H fd://" ;;
    *'holding the xtables lock'*) echo "Another program holds the lock of iptables; find it: fuser /run/xtables.lock" ;;
    *) return 1 ;;
  esac
}

look_at_last_words() {
  [ -n "$RUNNING" ] && return
  read_last_words
  if [ -z "$WHERE" ]; then not_looked "dockerd's last words: there is no log of it"; return; fi
  looked "dockerd's last words ($WHERE)"
  [ -n "$WORDS" ] || return
  if has_found; then LAST=$(flat "$WORDS"); return; fi
  case $WORDS in
    *'address already in use'*)
      port=$(printf '%s' "$WORDS" | sed -n 's/.*listen tcp[46]* .*:\([0-9]*\): bind.*/\1/p')
      [ -n "$port" ] && listens "$port" && { told_port "$port"; LAST=$(flat "$WORDS"); return; }
      ;;
  esac
  todo=$(mend_words "$WORDS") || todo="The words are dockerd's own: mend what they name"
  level=blocks
  # Words of a start before the file was changed say nothing about the file that lies there now.
  minutes=$(awk '{ print int($1 / 60) + 1 }' "$ROOT/proc/uptime" 2>/dev/null)
  [ "$WHERE" != "journalctl -u docker" ] && [ -n "$minutes" ] && find / -prune -mmin -1 >/dev/null 2>&1 && [ -z "$(find "$ROOT$WHERE" -mmin "-$minutes")" ] &&
    level=warns todo="That was before this machine was booted: $(start_again), then ask again"
  [ "$WHERE" != "journalctl -u docker" ] && [ -f "$FILE" ] && [ -n "$(find "$FILE" -newer "$ROOT$WHERE" 2>/dev/null)" ] && level=warns todo="$CONFIG was changed since: $(start_again), then ask again"
  found "$level" last-words "dockerd did not start the last time; nothing else was found that would keep it from starting." "$WORDS" "$todo; then $(start_again)"
}

# --- the answer ---------------------------------------------------------------------------------------------------------------

LAST=
for tool in awk sed grep tr cut head tail od; do have $tool || found unknown tools "There is no $tool, which this script needs." "no $tool on the PATH" "$(install $tool)"; done
[ "$(echo 10.9.3.0/24 | awk "$ADDRESSES"'{ split($1, half, "/"); print is_range($1) meet(number(half[1]), half[2], number("10.9.0.0"), 16) }' 2>&1)" = 11 ] ||
  found unknown tools "This machine's awk can't do what this script asks of it." "$(command -v awk)" "$(install mawk)"
[ "$(id -u)" = 0 ] || found unknown root "Not run as root: neither the packet filter nor what dockerd may do can be looked at." "user $(id -un)" "Run it as root: sudo sh preflight.sh"
read_daemon_json
compare_flags_with_file
look_at_addresses
has_found || ask_dockerd_about_file
look_at_what_is_in_the_way
look_at_forwarding
if [ "$(id -u)" = 0 ]; then
  if [ "$(effective firewall-backend)" = nftables ]; then look_at_nftables; else look_at_iptables; fi
  look_at_devices
  look_at_mixture
fi
look_at_last_words

count() { printf '%s' "$FINDINGS" | grep -c "^$1$TAB"; }
BLOCKS=$(count blocks) WARNS=$(count warns) UNKNOWN=$(count unknown)
CODE=0 VERDICT=ready
[ "$UNKNOWN" -gt 0 ] && CODE=2 VERDICT='not judged'
[ "$BLOCKS" -gt 0 ] && CODE=1 VERDICT=blocked

if [ -n "$JSON" ]; then
  {
    printf 'host\t%s\n' "$(flat "$(uname -n)")"
    printf 'distribution\t%s\n' "$(flat "$(os PRETTY_NAME)")"
    printf 'kernel\t%s\n' "$KERNEL"
    printf 'dockerd\t%s\n' "$VERSION"
    printf 'running\t%s\n' "$([ -n "$RUNNING" ] && echo true || echo false)"
    printf 'lastWords\t%s\n' "$LAST"
    printf '%s' "$FINDINGS" | sed "s/^/finding$TAB/"
    printf '%s' "$LOOKED" | sed "s/^/looked$TAB/"
    printf '%s' "$NOT_LOOKED" | sed "s/^/not$TAB/"
  } | awk -F '\t' -v verdict="$VERDICT" -v code="$CODE" '
    # What a backslash means in a replacement differs between awks.
    function quoted(text,   i, c, all) { for (i = 1; i <= length(text); i++) { c = substr(text, i, 1); all = all (c == "\\" || c == "\"" ? "\\" : "") c }; return "\"" all "\"" }
    function joined(list, one) { return list == "" ? one : list ", " one }
    $1 == "finding" { findings = joined(findings, "{\"level\": " quoted($2) ", \"id\": " quoted($3) ", \"what\": " quoted($4) ", \"seen\": " quoted($5) ", \"todo\": " quoted($6) "}"); next }
    $1 == "looked" { looked = joined(looked, quoted($2)); next }
    $1 == "not" { notLooked = joined(notLooked, quoted($2)); next }
    $1 == "running" { fields = joined(fields, "\"running\": " $2); next }
    { fields = joined(fields, quoted($1) ": " quoted($2)) }
    END { print "{\"verdict\": " quoted(verdict) ", \"exitCode\": " code ", " fields ", \"findings\": [" findings "], \"looked\": [" looked "], \"notLooked\": [" notLooked "]}" }'
  exit "$CODE"
fi

version=${VERSION:-}
echo "Preflight of $(uname -n): $(os PRETTY_NAME), kernel $KERNEL, $([ -n "$DOCKERD" ] && echo "dockerd ${version:-of unknown version}" || echo "no dockerd")$([ -n "$RUNNING" ] && echo ", running")"
for level in blocks unknown warns; do
  printf '%s' "$FINDINGS" | awk -F '\t' -v level=$level '$1 == level { print ""; print toupper($1) "  " $2; print "  " $3; print "  seen:  " $4; print "  to do: " $5 }'
done
[ -n "$LAST" ] && printf '\ndockerd'"'"'s last words (%s): %s\n' "$WHERE" "$LAST"
printf '\nLooked at:\n'
printf '%s' "$LOOKED" | sed 's/^/  /'
if [ -n "$NOT_LOOKED" ]; then
  echo "Not looked at:"
  printf '%s' "$NOT_LOOKED" | sed 's/^/  /'
fi
echo
more=
[ "$WARNS" -gt 0 ] && more="; $WARNS to know of"
case $VERDICT in
  ready) echo "Nothing of what was looked at is in the way$more." ;;
  blocked) echo "In the way: $BLOCKS$more." ;;
  *) echo "Not judged: something necessary could not be looked at$more." ;;
esac
exit "$CODE"
