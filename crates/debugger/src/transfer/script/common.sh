# What every script begins with. POSIX sh; `root` leads to the root of the container whose files are meant.
export LC_ALL=C
umask 022
root=$CHANDLER_TARGET_ROOT

# Ends with a reason out of a closed set, and the words of whatever failed.
fail() {
  printf 'chandler:%s:%s\n' "$1" "$2" >&2
  exit 90
}

missing=
for tool in $tools; do command -v "$tool" >/dev/null 2>&1 || missing="$missing $tool"; done
[ -z "$missing" ] || fail Tools "$missing"

# Goes into a folder below the root, step by step: after each one it is where it was going, and not behind a link that
# somebody has put there meanwhile.
enter() {
  cd "$root/" 2>/dev/null || fail Denied "$root: cannot be entered"
  todo=$1
  while [ -n "$todo" ]; do
    part=${todo%%/*}
    case $todo in */*) todo=${todo#*/} ;; *) todo= ;; esac
    [ -n "$part" ] || continue
    before=$(stat -c %d:%i "./$part" 2>&1) || fail Read "$before"
    cd "./$part" 2>/dev/null || fail Denied "$1: cannot be entered"
    [ "$(stat -c %d:%i .)" = "$before" ] || fail Moved "$1"
  done
}
