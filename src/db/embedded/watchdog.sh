# Runs the database server for as long as somebody uses it.
#
#   $1  the directory of the pipe      $2  the pipe's name      the rest: the server's command
#
# Standard input is the read end of the pipe; each process that uses the server holds a write end and wrote one line
# into it on arrival. The kernel closes that end however the process dies, so the end of the pipe is the last user's
# death. A server that dies while it is used is started again.
trap '' HUP
cd "$1" || exit 1
pipe=$2
shift 2
main=$$
server=
stopping=

exec 3<&0 0</dev/null
(
    while :; do
        while read -r line <&3; do :; done
        # The last user is gone. Close the door first and look once more: who came in between left a line.
        mv "$pipe" "closed-$pipe" 2>/dev/null
        read -r line <&3 || break
        mv "closed-$pipe" "$pipe" 2>/dev/null
    done
    rm -f "closed-$pipe"
    # The loop below may itself have been killed; then the server is told directly.
    kill -TERM "$main" 2>/dev/null || kill -INT "$(head -n 1 ../pg/postmaster.pid)" 2>/dev/null
) &
watcher=$!
exec 3<&-

trap 'stopping=1; kill "$watcher" 2>/dev/null; rm -f "$pipe"' TERM

while [ -z "$stopping" ]; do
    "$@" &
    server=$!
    while kill -0 "$server" 2>/dev/null; do
        if [ -n "$stopping" ]; then
            # Repeated, because a server in its first milliseconds does not listen yet.
            kill -INT "$server" 2>/dev/null
            sleep 0.1
        else
            wait "$server"
        fi
    done
    if [ -z "$stopping" ]; then
        echo died >>deaths
        sleep 1
    fi
done
