#!/bin/sh
# build.sh [DIR]: compiles the load generator and the floors into DIR (.build/bench). Those on io_uring need Debian's liburing-dev.
set -e
cd "$(dirname "$0")"
out=${1:-../.build/bench}
mkdir -p "$out"
out=$(cd "$out" && pwd)
common="-Wall -Wextra"
floor="-O3 -march=native $common"
gcc -O2 $common -o "$out/wsload" wsload.c
gcc $floor -o "$out/floor_raw" floor_raw.c
gcc $floor -o "$out/floor_epoll" floor_epoll.c
if [ -f /usr/include/liburing.h ]; then
    gcc $floor -o "$out/floor_uring" floor_uring.c -luring
    gcc $floor -DHYBRID -o "$out/floor_hybrid" floor_epoll.c -luring
    gcc -O2 $common -o "$out/limits" limits.c -luring
fi
