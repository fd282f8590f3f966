# Keeps one throw-away PostgreSQL server for as long as its standard input stays open: however the tests end, by passing, by
# panic or by kill -9, the pipe closes, the server stops and its directory goes.
# Arguments: the directory, and where initdb and pg_ctl are (with a slash at the end, or nothing for the search path).
set -eu
dir=$1 bin=$2
shift 2
cd "$dir"
# PostgreSQL refuses to run as root.
if [ "$(id -u)" = 0 ]; then
  chown postgres "$dir"
  set -- setpriv --reuid=postgres --regid=postgres --init-groups
fi
trap '"$@" "${bin}pg_ctl" stop -s -m immediate -D "$dir/data" 2>/dev/null; cd /; rm -rf "$dir"' EXIT
"$@" "${bin}initdb" -D "$dir/data" -U andon -A trust -E UTF8 --locale=C --no-sync >"$dir/initdb.log" 2>&1 || { cat "$dir/initdb.log" >&2; exit 1; }
# No TCP at all, and no durability: what is here is thrown away.
options="-k $dir -c listen_addresses='' -c max_connections=300 -c fsync=off -c synchronous_commit=off -c full_page_writes=off"
"$@" "${bin}pg_ctl" start -s -w -D "$dir/data" -l "$dir/server.log" -o "$options" || { cat "$dir/server.log" >&2; exit 1; }
echo ready
while read -r _; do :; done
