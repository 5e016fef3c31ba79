# Runs a program in a folder of the container. Words: FOLDER PROGRAM ARGUMENT...
enter "$1"
shift
exec "$@"
