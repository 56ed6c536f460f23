#!/bin/sh
# build.sh: compiles the load generator and the floors into .build/bench, when a source is newer than they are.
# Those on io_uring need Debian's liburing-dev.
set -e
cd "$(dirname "$0")"
out=../.build/bench
mkdir -p "$out"
# The load generator is compiled last, so it tells whether all of them are there.
[ -z "$(find . \( -name '*.[ch]' -o -name build.sh \) -newer "$out/wsload" 2>&1)" ] && exit 0
common="-Wall -Wextra"
floor="-O3 -march=native $common"
gcc $floor -o "$out/floor_raw" floor_raw.c
gcc $floor -o "$out/floor_epoll" floor_epoll.c
gcc -O2 -shared -fPIC $common -o "$out/mallocs.so" mallocs.c
if [ -f /usr/include/liburing.h ]; then
    gcc $floor -o "$out/floor_uring" floor_uring.c -luring
    gcc $floor -DHYBRID -o "$out/floor_hybrid" floor_epoll.c -luring
    gcc -O2 $common -o "$out/limits" limits.c -luring
fi
gcc -O2 $common -o "$out/wsload" wsload.c
