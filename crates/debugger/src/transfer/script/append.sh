# Adds standard input to a file. Words: FOLDER FILE MODE TIME.
enter "$1"
cat >>"$2" || fail Write "$2: cannot be written"
reason=$(chmod "$3" "$2" 2>&1 && touch -d "@$4" "$2" 2>&1) || fail Write "$reason"
