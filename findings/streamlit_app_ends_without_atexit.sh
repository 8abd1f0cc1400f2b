#!/usr/bin/env bash
# A Streamlit app that is an `st.App` ends without its exit functions when the system stops it; as a plain script it runs them.
#
# Guess: `streamlit run app.py` ends in the same way whether app.py is a plain script or makes an `st.App`: asked by SIGTERM, as
# systemd, containers and `kill` ask, it stops serving and leaves Python in order, so that functions of `atexit` run.
#
# What happens (streamlit 1.67.0, uvicorn 0.54.0, Python 3.11, Linux): a plain script does. Of an `st.App` uvicorn stops serving
# and then raises the signal again with the handlers from before, which are the system's own: the process dies of it, status 143,
# and no exit function runs. Ctrl+C (SIGINT) is not concerned: its own handler raises KeyboardInterrupt.
#
# What it means for users: temporary folders of uploads, child processes and what a library leaves to `atexit` (joblib, tempfile's
# finalizers, multiprocessing) stay behind when a server is restarted. Clean up at the end of the app's `lifespan` instead.
#
# Output seen:
#   script: exit function ran, status 0
#   st.App: exit function did not run, status 143
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet streamlit==1.67.0 uvicorn==0.54.0
mkdir "$folder/start"
printf 'import atexit\natexit.register(print, "exit function", flush=True)\n' > "$folder/start/sitecustomize.py"
printf 'import streamlit as st\nst.write("hello")\n' > "$folder/script.py"
printf 'import streamlit as st\nif __name__ == "__main__":\n    st.write("hello")\nelse:\n    app = st.App(__file__)\n' > "$folder/app.py"

stop() {  # name, file: start it, ask it to end once it answers, say how it ended
    local port status=0
    port=$("$folder/venv/bin/python" -c 'import socket; s = socket.socket(); s.bind(("localhost", 0)); print(s.getsockname()[1])')
    PYTHONPATH="$folder/start" "$folder/venv/bin/python" -m streamlit run "$folder/$2" --server.headless true \
        --server.address localhost --server.port "$port" --browser.gatherUsageStats false > "$folder/$2.log" 2>&1 &
    local server=$!
    for _ in $(seq 300); do
        "$folder/venv/bin/python" -S -c "import urllib.request as u; u.urlopen('http://localhost:$port/_stcore/health', timeout=5)" 2> /dev/null && break
        sleep 0.2
    done
    kill -TERM "$server"
    wait "$server" || status=$?
    grep -q "exit function" "$folder/$2.log" && echo "$1: exit function ran, status $status" || echo "$1: exit function did not run, status $status"
}

{ stop script script.py; stop st.App app.py; } | tee "$folder/seen"
diff "$folder/seen" - <<'EXPECTED'
script: exit function ran, status 0
st.App: exit function did not run, status 143
EXPECTED
echo "As found."
