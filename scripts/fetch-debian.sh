#!/bin/bash
# Gets what comes from Debian's archive besides installed packages, into build/downloads:
#
#   fetch-debian.sh hercules               the Hercules source tarball (checked against a SHA-256 here)
#   fetch-debian.sh kernel-source          the Linux source tarball
#   fetch-debian.sh s390x NAME PACKAGE...  s390x packages with all they depend on; their file names are
#                                          written to build/downloads/NAME.list
#   fetch-debian.sh s390x-only NAME PACKAGE...   the same without what they depend on
#
# A private apt configuration under build/apt does it: the sources are those of this machine's own apt, the
# lists and the cache are its own, the architecture is s390x. Nothing outside the checkout changes, and no
# privilege is needed. apt checks the signatures. Whatever is in build/downloads already is taken as it is,
# so for use off line that folder can be filled by hand (or copied from a machine that was on line).
set -euo pipefail
# shellcheck source=scripts/common.sh
. "$(dirname "$0")/common.sh"

hercules_tarball=hercules_3.13.orig.tar.gz
hercules_sha256=890c57c558d58708e55828ae299245bd2763318acf53e456a48aac883ecfe67d
kernel_package=linux-source-6.12
kernel_tarball=$kernel_package.tar.xz

apt=$build/apt

# Lines "URL RELEASE" of the Debian archives that this machine's apt uses.
own_sources() {
  local found
  # shellcheck disable=SC2016  # apt's own placeholders
  found=$(apt-get indextargets --format '$(LABEL) $(COMPONENT) $(REPO_URI) $(RELEASE)' 'Created-By: Packages' |
    awk '($1 == "Debian" || $1 == "Debian-Security") && $2 == "main" { print $3, $4 }' | sort -u)
  if [ -z "$found" ]; then
    # The package lists have not been fetched here: go by the names alone.
    found=$(apt-get --print-uris update |
      sed -nE "s#^'([^']*/debian(-security)?)/dists/([^']*)/InRelease'.*#\1/ \3#p" | sort -u)
  fi
  printf '%s\n' "$found"
}

apt_configured=no
configure_apt() {
  [ $apt_configured = no ] || return 0
  local sources keyring=/usr/share/keyrings/debian-archive-keyring.gpg signed='' url release
  have apt-get || die "there is no apt-get here: fill $downloads by hand (see scripts/fetch-debian.sh)"
  sources=$(own_sources)
  [ -n "$sources" ] || die "this machine's apt has no source of Debian packages: fill $downloads by hand"
  mkdir -p "$apt"/{lists/partial,cache,etc,parts,none/partial} "$downloads/partial"
  : >"$apt/status"
  [ ! -r $keyring ] || signed="signed-by=$keyring"
  while read -r url release; do
    echo "deb [arch=s390x $signed] $url $release main"
    echo "deb-src [$signed] $url $release main"
  done <<<"$sources" >"$apt/etc/sources.list"
  {
    # How this machine reaches the archive: proxies, time-outs, and the like; none of its hooks.
    apt-config dump | grep -E '^Acquire::' | grep -vE '^Acquire::(IndexTargets|Languages|CompressionTypes)' || true
    cat <<CONF
APT::Architecture "s390x";
APT::Architectures { "s390x"; };
APT::Install-Recommends "false";
APT::Sandbox::User "";
Acquire::Languages "none";
Dir::State "$apt";
Dir::State::lists "$apt/lists";
Dir::State::status "$apt/status";
Dir::Cache "$apt/cache";
Dir::Cache::archives "$downloads";
Dir::Etc::sourcelist "$apt/etc/sources.list";
Dir::Etc::sourceparts "/dev/null";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "/dev/null";
Dir::Etc::main "/dev/null";
Dir::Etc::parts "$apt/parts";
CONF
  } >"$apt/apt.conf"
  export APT_CONFIG=$apt/apt.conf
  apt_configured=yes
}

# The lists are fetched once for each set of sources, and again when a package has left the archive since.
update_lists() {
  local now
  now=$(hash_files "$apt/etc/sources.list")
  if [ "${1-}" != again ] && is_stamped "$apt/stamp" "$now"; then return; fi
  step apt-update "fetching the lists of Debian's s390x and source packages" apt-get update
  stamp "$apt/stamp" "$now"
}

# with_lists COMMAND...: if it fails, once more with fresh lists. (An archive that is updated drops old
# versions, and the lists then name files that are gone.)
with_lists() {
  configure_apt
  update_lists
  "$@" >"$logs/apt.log" 2>&1 && return
  update_lists again
  "$@" >"$logs/apt.log" 2>&1 && return
  tail -n 20 "$logs/apt.log" >&2
  die "apt failed: $*"
}

fetch_hercules() {
  local file=$downloads/$hercules_tarball
  if [ ! -e "$file" ]; then
    say "fetching the source of Hercules 3.13"
    (mkdir -p "$apt/source" && cd "$apt/source" &&
      with_lists apt-get source --download-only --tar-only hercules)
    mv "$apt/source/$hercules_tarball" "$file" || die "Debian's hercules is not version 3.13 any more"
  fi
  if ! echo "$hercules_sha256  $file" | sha256sum --check --status; then
    die "$file is not the Hercules 3.13 it should be (SHA-256 differs); remove it"
  fi
}

fetch_kernel_source() {
  local file=$downloads/$kernel_tarball deb
  [ ! -e "$file" ] || return 0
  if [ -r "/usr/src/$kernel_tarball" ]; then
    ln -s "/usr/src/$kernel_tarball" "$file"
    return
  fi
  fetch_s390x only kernel-source $kernel_package
  deb=$downloads/$(cat "$downloads/kernel-source.list")
  dpkg-deb --fsys-tarfile "$deb" | tar -xO "./usr/src/$kernel_tarball" >"$file.new"
  mv "$file.new" "$file"
  rm "$deb" "$downloads/kernel-source.list"
}

# fetch_s390x with|only NAME PACKAGE...
fetch_s390x() {
  local how=$1 list=$downloads/$2.list wanted file
  shift 2
  # A list that is there, made from the same names and with all its files, is taken as it is.
  wanted="$how $*"
  if [ -r "$list" ] && { [ ! -e "$list.of" ] || [ "$(cat "$list.of")" = "$wanted" ]; }; then
    local missing=no
    while read -r file; do [ -e "$downloads/$file" ] || missing=yes; done <"$list"
    [ $missing = yes ] || return 0
  fi
  say "fetching Debian's s390x packages: $*"
  configure_apt
  if [ "$how" = with ]; then
    with_lists apt-get install --yes --download-only "$@"
    # Only against an empty cache does apt print what all the packages are.
    apt-get install --yes --print-uris -o Dir::Cache::archives="$apt/none" "$@" |
      awk -F"[ ']+" '/^\x27/ { print $3 }' >"$list.new"
  else
    (cd "$downloads" && with_lists apt-get download "$@")
    (cd "$apt/none" && apt-get download --print-uris "$@") | awk '{ print $2 }' >"$list.new"
  fi
  [ -s "$list.new" ] || die "apt names no file for: $*"
  mv "$list.new" "$list"
  printf '%s\n' "$wanted" >"$list.of"
}

mkdir -p "$downloads" "$logs"
case ${1-} in
  hercules) fetch_hercules ;;
  kernel-source) fetch_kernel_source ;;
  s390x) shift && fetch_s390x with "$@" ;;
  s390x-only) shift && fetch_s390x only "$@" ;;
  *) refuse "fetch-debian.sh: hercules, kernel-source, s390x NAME PACKAGE..., or s390x-only NAME PACKAGE..." ;;
esac
