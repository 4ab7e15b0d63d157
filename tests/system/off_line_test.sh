#!/bin/bash
# Without a network: what is in build/downloads is enough, and a file that is not there is named in one line.
# A proxy that refuses everything stands for the network, so it is seen whether anybody asks.
. "$(dirname "$0")/lib.sh"
source=$(cd "$(dirname "$0")/../.." && pwd)

# A checkout of its own with a copy of the downloads.
tree=$work/tree
downloads=$tree/build/downloads
mkdir -p "$downloads"
cp -r "$source/scripts" "$tree/"
ln -s "$BUILD"/downloads/*.* "$downloads/"
# What only soaks, storms and the census need may not have been fetched here: a list that is there is taken as it is.
for name in $(awk '$2 ~ /^(disk-.*|selftests)$/ { print $2 }' "$source/scripts/downloads.txt"); do
  rm -f "$downloads/$name.list" "$downloads/$name.list.of"
  echo "$name-stands-in_1_s390x.deb" >"$downloads/$name.list"
  touch "$downloads/$name-stands-in_1_s390x.deb"
done

python3 "$source/tests/system/refusing-proxy.py" "$work/port" "$work/asked" &
proxy=$!
trap 'kill $proxy; rm -rf "$work"' EXIT
for _ in {1..100}; do [ -s "$work/port" ] || sleep 0.1; done
cat >"$work/apt.conf" <<CONF
Dir::Etc::main "/dev/null";
Dir::Etc::parts "/dev/null";
Acquire::Retries "0";
Acquire::http::Proxy "http://127.0.0.1:$(cat "$work/port")";
Acquire::https::Proxy "http://127.0.0.1:$(cat "$work/port")";
CONF

# fetches STATUS ARGUMENT...: fetch-debian.sh ends with this status.
fetches() {
  local expected=$1 status=0
  shift
  rm -f "$work/asked"
  APT_CONFIG=$work/apt.conf "$tree/scripts/fetch-debian.sh" "$@" >"$work/out" 2>"$work/err" </dev/null || status=$?
  [ "$status" -eq "$expected" ] || failed "status $status instead of $expected: fetch-debian.sh $*"
}
# names FILE ARGUMENT...: it says in one line, the last, that this file (an extended regular expression) is missing.
names() {
  local file=$1
  shift
  fetches 3 "$@"
  tail -n 1 "$work/err" | grep -Eq "^testbed: (cannot fetch|off line, and there is no) $file .*docs/off-line\.md" ||
    failed "the last line does not name $file"
  [ "$(grep -vc 'fetching' "$work/err")" -eq 1 ] || failed "more than one line about $file"
}

# All there: nobody is asked.
fetches 0 all
check "the network was asked although everything is there" [ ! -e "$work/asked" ]

# Packages that were put there by hand need no list.
rm "$downloads/busybox.list" "$downloads/busybox.list.of"
fetches 0 set busybox
check "the network was asked for busybox" [ ! -e "$work/asked" ]
check "no list was made" grep -q '^busybox-static_.*_s390x\.deb$' "$downloads/busybox.list"

# Something is missing: a tarball, a package of a list, a package without a list, a list.
mv "$downloads/hercules_3.13.orig.tar.gz" "$work/"
names 'hercules_3\.13\.orig\.tar\.gz' hercules
check "the network was not asked" [ -s "$work/asked" ]
OFF_LINE=1 names 'hercules_3\.13\.orig\.tar\.gz' hercules
check "the network was asked off line" [ ! -e "$work/asked" ]
mv "$work/hercules_3.13.orig.tar.gz" "$downloads/"

rm "$downloads/disk-soak-stands-in_1_s390x.deb"
names 'disk-soak-stands-in_1_s390x\.deb' all
rm "$downloads/disk-soak.list"
names 'disk-soak\.list' set disk-soak
rm "$downloads"/busybox-static_* "$downloads/busybox.list"
names 'busybox-static_VERSION_s390x\.deb' set busybox

# One that is not what it should be.
rm "$downloads/hercules_3.13.orig.tar.gz"
echo 'something else' >"$downloads/hercules_3.13.orig.tar.gz"
fetches 3 hercules
check_err 'hercules_3\.13\.orig\.tar\.gz is not the Hercules 3\.13 it should be'
