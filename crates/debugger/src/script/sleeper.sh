# The first process of a session container. It does nothing but live, so that commands can be run in its container, and
# ends when none has run for CHANDLER_IDLE_SECONDS, or at once on SIGTERM. POSIX sh and `sleep`; `grep` where control
# groups do not tell containers apart. It signals nothing but its own `sleep`.
me=$$
idle=0
asleep=
limit=${CHANDLER_IDLE_SECONDS:-1800}
case $limit in '' | *[!0-9]*) limit=1800 ;; esac
step=$((limit / 20))
[ "$step" -ge 1 ] || step=1
[ "$step" -le 30 ] || step=30

# A `sleep` left behind would become a child of the target that nobody may reap.
trap '[ -z "$asleep" ] || { kill "$asleep"; wait "$asleep"; } 2>/dev/null; exit 0' TERM INT HUP
# What enters the session says so by this signal, which does nothing where it is not expected.
trap 'idle=0' URG

# Sets `group` to the line of /proc/PID/cgroup that tells a process's container from others: the first with a path.
read_group() {
  group=
  while IFS= read -r line; do
    group=$line
    case $line in *:/) ;; *) break ;; esac
  done <"/proc/$1/cgroup"
} 2>/dev/null

read_group "$me"
ours=$group
by_group=yes
if [ "$me" != 1 ]; then
  read_group 1
  [ "$group" != "$ours" ] || by_group=
fi

# Whether a command runs in this container.
is_used() {
  if [ -z "$by_group" ]; then
    for file in $(grep -lsF "CHANDLER_SESSION=$CHANDLER_SESSION" /proc/[0-9]*/environ 2>/dev/null); do
      # The search finds itself too, but is gone by now.
      [ "$file" = "/proc/$me/environ" ] || [ ! -e "$file" ] || return 0
    done
    return 1
  fi
  for folder in /proc/[0-9]*; do
    [ "$folder" != "/proc/$me" ] || continue
    read_group "${folder#/proc/}"
    [ "$group" != "$ours" ] || return 0
  done
  return 1
}

while [ "$idle" -lt "$limit" ]; do
  sleep "$step" &
  asleep=$!
  # A signal interrupts waiting and not the sleep. Waiting also reaps what is left to the first process of a namespace.
  while kill -0 "$asleep" 2>/dev/null; do wait "$asleep"; done
  asleep=
  idle=$((idle + step))
  ! is_used || idle=0
done
