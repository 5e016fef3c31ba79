[ $# -gt 0 ] || { echo 'dns: which name? dns NAME [TYPE]' >&2; exit 2; }
case $1 in [-+@]*) exec kdig "$@" ;; esac
name=$1
shift
set -f
search=
ndots=1
while read -r key rest; do
  case $key in
    search) search=$rest ;;
    options) for option in $rest; do case $option in ndots:*) ndots=${option#ndots:} ;; esac; done ;;
  esac
done </etc/resolv.conf
dots=$(printf %s "$name" | tr -cd . | wc -c)
names=
for domain in $search; do names="$names $name.${domain%.}."; done
if [ "${name%.}" != "$name" ]; then
  names=$name
elif [ "$dots" -ge "$ndots" ]; then
  names="$name. $names"
else
  names="$names $name."
fi
for full in $names; do
  answer=$(kdig +noall +header +answer +stats "$full" "$@")
  code=$?
  printf '%s\n' ";; asked for $full" "$answer"
  [ "$code" = 0 ] || exit "$code"
  case $answer in '' | *'ANSWER: 0'*) ;; *) exit 0 ;; esac
done
echo "dns: nobody knows $name" >&2
exit 1
