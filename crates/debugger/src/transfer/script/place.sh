# Gives what was gathered its place. Words: FOLDER STAGE NAME MODE OWNER. A stage with MODE `file` holds one file of the
# name `file`. With an empty NAME all that is in the stage goes into the folder.
enter "$1"
stage=./$2
place=./$3
[ -n "$3" ] || place=.

# Renames in one step, and never into a folder that a link leads to.
case $(mv --help 2>&1) in *-T* | *inT*) exactly=T ;; *) exactly= ;; esac
put() {
  [ -n "$exactly" ] || [ ! -L "$2" ] || rm -f "$2"
  reason=$(mv "-f$exactly" "$1" "$2" 2>&1) || fail Write "$reason"
}

# Goes through two folders at once; first only to see whether all fits (`try`), then to do it (`put`).
merge() {
  for entry in "$2"/* "$2"/.[!.]* "$2"/..?*; do
    [ -e "$entry" ] || [ -L "$entry" ] || continue
    here=$3/${entry##*/}
    if [ ! -d "$entry" ] || [ -L "$entry" ]; then
      [ ! -d "$here" ] || [ -L "$here" ] || fail Exists "$here: is a folder, and what is to be there is none"
    elif [ -d "$here" ] && [ ! -L "$here" ]; then
      (merge "$1" "$entry" "$here") || exit
      continue
    elif [ -e "$here" ] || [ -L "$here" ]; then
      fail Exists "$here: is a link or a file, and what is to be there is a folder"
    fi
    [ "$1" = try ] || put "$entry" "$here"
  done
}

owner=$5
if [ -n "$owner" ] && [ "$owner" != "$(id -u):$(id -g)" ]; then
  # In such a folder the group is the folder's.
  [ ! -g . ] || owner=${owner%%:*}:$(stat -c %g .)
  chown -hR "$owner" "$stage" 2>/dev/null || echo kept
fi
if [ "$4" = file ]; then
  [ ! -d "$place" ] || fail Exists "$place: is a folder"
  put "$stage/file" "$place"
  rmdir "$stage"
elif [ -n "$3" ] && [ ! -e "$place" ] && [ ! -L "$place" ]; then
  reason=$(chmod "$4" "$stage" 2>&1) || fail Write "$reason"
  put "$stage" "$place"
else
  [ -d "$place" ] && [ ! -L "$place" ] || fail Exists "$place: is no folder"
  merge try "$stage" "$place"
  merge put "$stage" "$place"
  rm -rf "$stage"
fi
