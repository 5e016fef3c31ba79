# Makes the folder in which things are gathered before they get their place. Words: FOLDER STAGE MANNER; with the manner
# `anew` one of another try is thrown away. Prints `kept` or `made`.
enter "$1"
stage=./$2
[ "$3" != anew ] || rm -rf "$stage"
if [ -d "$stage" ] && [ ! -L "$stage" ] && [ "$(stat -c %u "$stage")" = "$(id -u)" ]; then
  echo kept
  exit 0
fi
reason=$(rm -rf "$stage" 2>&1 && mkdir -m 700 "$stage" 2>&1) || fail Write "$reason"
echo made
