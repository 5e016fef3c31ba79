# Says what a path of the container is. Words: PATH. Prints, each with a NUL behind it: what it is (file, folder, other,
# missing), its path without links, what the folder is that it would be in, its size, and the user and group of the
# container's process.
# Follows the links of a path as the container itself would. Sets `at`: a path without links, empty for the root.
resolve() {
  at=
  todo=$1
  hops=0
  while [ -n "$todo" ]; do
    part=${todo%%/*}
    case $todo in */*) todo=${todo#*/} ;; *) todo= ;; esac
    case $part in
      '' | .) continue ;;
      ..) at=${at%/*} && continue ;;
    esac
    if [ -L "$root$at/$part" ]; then
      hops=$((hops + 1))
      [ "$hops" -le 40 ] || fail Loop "$1"
      link=$(readlink "$root$at/$part" && echo .)
      link=${link%??}
      case $link in /*) at= ;; esac
      todo=$link/$todo
    else
      at=$at/$part
    fi
  done
}

kind_of() {
  if [ -d "$1/" ]; then kind=folder
  elif [ -f "$1" ]; then kind=file
  elif [ -e "$1" ]; then kind=other
  else
    reason=$(stat -c %F "$1" 2>&1)
    case $reason in *'No such file'* | *'Not a directory'*) kind=missing ;; *) fail Read "$reason" ;; esac
  fi
}

process=${root%/root}
path=$1
case $path in
  /*) ;;
  *) path=$(readlink "$process/cwd" && echo .) && path=${path%??}/$1 || path=/$1 ;;
esac
resolve "$path"
kind_of "$root${at%/*}"
parent=$kind
kind_of "$root$at"
size=0
[ "$kind" != file ] || size=$(stat -c %s "$root$at" 2>&1) || fail Read "$size"
owner=
[ "$process" = "$root" ] || owner=$(stat -c %u:%g "$process" 2>/dev/null)
printf '%s\0' "$kind" "$at" "$parent" "$size" "$owner"
