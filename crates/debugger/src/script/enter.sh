# Runs a command in a session container, in the view that was asked for. POSIX sh.
# Words: VIEW TARGET MANNER SHELL [COMMAND...]. TARGET is the ID of the target's container where its process has to be
# looked for; without one it is the first process. MANNER is `quiet`, or `files` where the target's files must be seen.
view=$1
target=$2
manner=$3
shell=$4
shift 4
tools=/usr/lib/chandler/bin
right="SYS_CHROOT (root, profile general)"

# Says what is missing. Where files must be seen nothing less matters, and without them that is the end.
miss() {
  case $manner${2-} in
    quiet* | filesharmless) return 0 ;;
  esac
  printf 'chandler: %s\n' "$1" >&2
  [ "$manner" != files ] || exit 125
}

# Sets `field` to what /proc/PID/status says of a key.
read_status() {
  while read -r key field rest; do
    [ "$key" != "$2:" ] || return 0
  done <"/proc/$1/status"
  field=
} 2>/dev/null

# Sets `ids` to the user and group of a process. To see the files of another both must be the same.
read_ids() {
  read_status "$1" Uid
  ids="user $field"
  read_status "$1" Gid
  ids="$ids and group $field"
}

# Whether this process has a capability, by its number. The last eight digits are enough.
has_capability() {
  read_status self CapEff
  [ "$((0x0${field#????????} >> $1 & 1))" = 1 ]
}

# Sets `sleeper` to the folder of the session's first process in a /proc: its root is ours, and its arguments say it.
find_sleeper() {
  for sleeper in "$1"/[0-9]*; do
    [ "$sleeper/root/" -ef / ] || continue
    line=
    IFS= read -r line <"$sleeper/cmdline"
    case $line in *chandler-sleeper*) return 0 ;; esac
  done
  sleeper=
  return 1
} 2>/dev/null

# Sets `pid` to the target's first process, by the container's ID in the names of its control groups.
find_container() {
  pid=
  for folder in /proc/[0-9]*; do
    number=${folder#/proc/}
    [ -z "$pid" ] || [ "$number" -lt "$pid" ] || continue
    while IFS= read -r line; do
      case $line in *"$target"*) pid=$number && break ;; esac
    done <"$folder/cgroup"
  done
  [ -n "$pid" ]
} 2>/dev/null

# Sets `root` to the target's root as seen from here.
find_root() {
  pid=1
  if [ -n "$target" ]; then find_container || pid=; fi
  if [ -z "$pid" ] || [ "$sleeper" = "/proc/$pid" ]; then
    miss "the target's process is not to be seen from here, nor are its files"
    return 1
  fi
  root=/proc/$pid/root
  export CHANDLER_TARGET_PID=$pid
  [ ! -e "$root/." ] || return 0
  read_ids "$pid"
  owner=$ids
  read_ids self
  if [ "$owner" = "$ids" ]; then
    miss "the target's files are not to be seen: its process has capabilities that this session lacks; SYS_PTRACE (profile general) would show them"
  else
    miss "the target's files are not to be seen: its process has $owner and this session $ids; the same ones or SYS_PTRACE (profile general) would show them"
  fi
  root=
  return 1
}

# Takes over what the target's process was started with and no pod says.
read_environment() {
  path=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
  [ "$view" = target ] || return 0
  set -f
  old=$IFS
  IFS='
'
  for variable in $(tr '\0' '\n' <"/proc/$pid/environ"); do
    case $variable in
      PATH=*) path=${variable#PATH=} ;;
      HOME=*) export "$variable" ;;
    esac
  done
  IFS=$old
  set +f
} 2>/dev/null

# Sets `enter`, the words that make the target's root ours, and `home`, the toolbox's root as seen from there. A user may
# do so in a user namespace of its own, where the node allows one; from there only what is open already leads out.
find_way() {
  if has_capability 18; then
    [ "$view" = target ] || find_sleeper "$root/proc"
    enter="chroot $root"
    home=${sleeper#"$root"}/root
    [ -n "$sleeper" ] && return 0
  else
    enter="unshare --user --map-current-user --keep-caps chroot . /proc/self/fd/9$tools/setpriv --ambient-caps=-all --inh-caps=-all"
    cd "$root" || return 1
  fi
  home=/proc/self/fd/9
  exec 9</
  (: <"$folder") || folder=.
  exec 8<"$folder"
  folder=/proc/self/fd/8
} 2>/dev/null

# Sets `inner`, a shell that runs in the target's root, and `path`, which leads to the tools and to the target's own.
find_tools() {
  read_environment
  if [ -x "$tools/sh" ]; then
    list=$home$tools:
    inner=$home$tools/sh
    case $enter in chroot*) ;; *) $enter "$inner" -c : || return 1 ;; esac
  else
    list=
    inner=
    set -f
    old=$IFS
    IFS=:
    for part in $PATH; do
      list=$list$home$part:
      [ -n "$inner" ] || [ ! -x "$part/sh" ] || inner=$home$part/sh
    done
    IFS=$old
    set +f
    $enter "$inner" -c : || return 1
  fi
  # A node has all that it needs; a container may have nothing, or little that is broken.
  if [ "$view" = host ]; then path=$path:${list%:}; else path=$list$path; fi
} 2>/dev/null

# What is left to do where the command works, the same in both roots: PATH PROMPT FOLDER SHELL [COMMAND...].
last='PATH=$1 PS1=$2 HISTFILE= LESSHISTFILE=-
export PATH PS1 HISTFILE LESSHISTFILE
[ -z "$3" ] || cd -P "$3" 2>/dev/null || cd /
exec 8<&-
shell=$4
shift 4
if [ $# = 0 ]; then
  [ -n "$shell" ] || shell=$(command -v bash) || shell=sh
  set -- "$shell"
  case $shell in bash | */bash) set -- "$shell" --norc ;; esac
fi
exec "$@"'

# Enters the root, if nothing is in the way.
enter_root() {
  if find_way && find_tools; then
    case $enter in chroot*) ;; *) miss "without $right the target's files are seen from a user namespace, where its process cannot be traced" harmless ;; esac
    [ -n "${TMPDIR-}" ] || [ ! -w /tmp ] || export TMPDIR="$home/tmp"
    export CHANDLER_TARGET_ROOT=
    exec $enter "$inner" -c "$last" sh "$path" "$prompt" "$folder" "$shell" "$@"
  fi
  if has_capability 18; then
    miss "the target's files are in $root: the programs of this image do not run there, for they are not static" harmless
  else
    miss "the target's files are in $root: to work among them takes $right or a user namespace, and neither is allowed" harmless
  fi
}

prompt="${HOSTNAME-}${CHANDLER_TARGET:+/$CHANDLER_TARGET}:\$PWD\$ "
root=
find_sleeper /proc && kill -s URG "${sleeper##*/}" 2>/dev/null
if [ "$view" = host ]; then
  root=/host
  folder=/
else
  find_root && folder=/proc/$pid/cwd
fi
if [ -n "$root" ]; then
  [ "$view" = toolbox ] || enter_root "$@"
  export CHANDLER_TARGET_ROOT="$root"
fi
exec 9<&-
# Names of folders hold in our own root only as they were gone.
[ "$view" = toolbox ] || [ -z "$root" ] || cd "$root"
set -- "$PATH" "$prompt" '' "$shell" "$@"
eval "$last"
