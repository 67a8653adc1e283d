#!/bin/sh
# Makes sure that there is a Chromium for the browser tests, where we may install one.
# Never fails: without one the browser tests are skipped, each with a line that says why.
set -u
venv=$1
for name in chromium chromium-browser google-chrome; do
    command -v "$name" >/dev/null 2>&1 && exit 0
done
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "Installing Chromium with apt-get"
    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium; } \
        >/dev/null 2>&1 && exit 0
fi
if "$venv/bin/python" -m playwright install chromium >/dev/null 2>&1; then
    exit 0
fi
echo "No Chromium: the browser tests will be skipped. To get it: apt install chromium (as root)." >&2
exit 0
