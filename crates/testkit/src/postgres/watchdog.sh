#!/bin/sh
# Runs the tests' shared PostgreSQL and ends it when no test process has used it for a while.
# A script, because it must outlive the test process that started it; home.rs says which lock means what.
# usage: watchdog.sh FOLDER IDLE_SECONDS SERVER_PROGRAM ARGUMENT...
set -u
folder=$1
idle_secs=$2
shift 2

exec 9>"$folder/watchdog.lock"
flock --timeout 5 9 || exit 1

"$@" 9>&- &
server=$!

stop() {
    kill -INT "$server" 2>/dev/null
    wait "$server"
    # data may be a link into memory
    rm -rf "$(readlink -f "$folder/data")" "$folder/data" "$folder/socket" "$folder/templates"
    exit 0
}
trap stop INT TERM HUP

while kill -0 "$server" 2>/dev/null; do
    sleep 1 9>&-
    if ! flock --nonblock "$folder/users.lock" true 9>&-; then
        touch "$folder/users.lock"
        continue
    fi
    last_used=$(stat -c %Y "$folder/users.lock") || continue
    [ $(($(date +%s) - last_used)) -ge "$idle_secs" ] || continue
    # Nobody may join between the last look and the end.
    exec 8>"$folder/start.lock"
    if flock --nonblock 8 && flock --nonblock "$folder/users.lock" true 8>&- 9>&-; then
        stop
    fi
    exec 8>&-
done
