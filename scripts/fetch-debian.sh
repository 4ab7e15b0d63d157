#!/bin/bash
# Gets what comes from Debian's archive besides installed packages, into build/downloads:
#
#   fetch-debian.sh hercules               the Hercules source tarball (checked against a SHA-256 here)
#   fetch-debian.sh kernel-source          the Linux source tarball
#   fetch-debian.sh s390x NAME PACKAGE...  s390x packages with all they depend on; their file names are
#                                          written to build/downloads/NAME.list
#   fetch-debian.sh s390x-only NAME PACKAGE...   the same without what they depend on
#
#   fetch-debian.sh debian-kernel          Debian's own s390x kernel, whose package's name changes
#   fetch-debian.sh all                    all of scripts/downloads.txt, and Debian's kernel
#   fetch-debian.sh set NAME               one line of scripts/downloads.txt
#
# A private apt configuration under build/apt does it: the sources are those of this machine's own apt, the
# lists and the cache are its own, the architecture is s390x (this machine's for the kernel source). Nothing outside the checkout changes, and no
# privilege is needed. apt checks the signatures. Whatever is in build/downloads already is taken as it is, and apt is not
# asked then: docs/off-line.md. With OFF_LINE=1 it is never asked.
set -euo pipefail
# shellcheck source=scripts/common.sh
. "$(dirname "$0")/common.sh"

hercules_tarball=hercules_3.13.orig.tar.gz
hercules_sha256=890c57c558d58708e55828ae299245bd2763318acf53e456a48aac883ecfe67d
kernel_package=linux-source-6.12
kernel_tarball=$kernel_package.tar.xz

# Whose packages, and where apt's state for them is. Asking this machine's own apt takes its own configuration.
architecture=s390x
apt=$build/apt
machines_apt_config=${APT_CONFIG-}

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
# configure_apt FILE: before anything is asked for; FILE is what for.
configure_apt() {
  [ $apt_configured = no ] || return 0
  local sources keyring=/usr/share/keyrings/debian-archive-keyring.gpg signed='' url release
  [ "${OFF_LINE-}" != 1 ] || die "off line, and there is no $1 in $downloads; docs/off-line.md says where it comes from"
  have apt-get || die "there is no apt-get here to fetch $1: put it into $downloads (docs/off-line.md)"
  unset APT_CONFIG
  [ -z "$machines_apt_config" ] || export APT_CONFIG=$machines_apt_config
  sources=$(own_sources)
  [ -n "$sources" ] || die "this machine's apt has no source for $1: put it into $downloads (docs/off-line.md)"
  mkdir -p "$apt"/{lists/partial,cache,etc,parts,none/partial} "$downloads/partial"
  : >"$apt/status"
  [ ! -r $keyring ] || signed="signed-by=$keyring"
  while read -r url release; do
    echo "deb [arch=$architecture $signed] $url $release main"
    [ "$architecture" != s390x ] || echo "deb-src [$signed] $url $release main"
  done <<<"$sources" >"$apt/etc/sources.list"
  {
    # How this machine reaches the archive: proxies, time-outs, and the like; none of its hooks.
    apt-config dump | grep -E '^Acquire::' | grep -vE '^Acquire::(IndexTargets|Languages|CompressionTypes)' || true
    cat <<CONF
APT::Architecture "$architecture";
APT::Architectures { "$architecture"; };
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
  say "fetching the lists of Debian's $architecture packages ..."
  # With --error-on=any it does not pass over an archive that it could not reach.
  apt-get update --error-on=any >"$logs/apt.log" 2>&1 || return 1
  stamp "$apt/stamp" "$now"
}

# with_lists FILE COMMAND...: to get FILE; if it fails, once more with fresh lists. (An archive that is updated drops
# old versions, and the lists then name files that are gone.)
with_lists() {
  local file=$1 reason
  shift
  configure_apt "$file"
  if update_lists; then
    "$@" >"$logs/apt.log" 2>&1 && return
    if update_lists again; then "$@" >"$logs/apt.log" 2>&1 && return; fi
  fi
  # What the network said; if it said nothing, what apt says.
  reason=$({ sed -nE '/^Err:/ { n; s/^ +//p }' "$logs/apt.log"; sed -nE 's/^E: //p' "$logs/apt.log"; } | sed -n 1p)
  die "cannot fetch $file (${reason:-apt says why in $logs/apt.log}); it can be put into $downloads (docs/off-line.md)"
}

fetch_hercules() {
  local file=$downloads/$hercules_tarball
  if [ ! -e "$file" ]; then
    say "fetching the source of Hercules 3.13"
    (mkdir -p "$apt/source" && cd "$apt/source" &&
      with_lists "$hercules_tarball" apt-get source --download-only --tar-only hercules)
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
  # Its package is the same for all architectures, but a part of the archive (security updates, late in a release's life)
  # may have lists for the common ones only.
  (
    architecture=$(dpkg --print-architecture)
    apt=$build/apt-$architecture
    apt_configured=no
    wanted_file=$kernel_tarball fetch_packages only kernel-source $kernel_package
  )
  deb=$downloads/$(cat "$downloads/kernel-source.list")
  dpkg-deb --fsys-tarfile "$deb" | tar -xO "./usr/src/$kernel_tarball" >"$file.new"
  mv "$file.new" "$file"
  rm "$deb" "$downloads/kernel-source.list"
}

# list_at_hand NAME PACKAGE...: make NAME.list of the packages that are in build/downloads already, one file each.
list_at_hand() {
  local list=$downloads/$1.list package file
  shift
  : >"$list.new"
  for package; do
    # Of several versions the newest.
    file=$(find "$downloads" -maxdepth 1 \( -name "${package}_*_s390x.deb" -o -name "${package}_*_all.deb" \) -printf '%f\n' |
      sort -V | tail -n 1)
    [ -n "$file" ] || return 1
    echo "$file" >>"$list.new"
  done
  mv "$list.new" "$list"
}

# fetch_packages with|only NAME PACKAGE...
fetch_packages() {
  local how=$1 name=$2 list=$downloads/$2.list wanted file missing
  shift 2
  # A list that is there, made from the same names and with all its files, is taken as it is.
  wanted="$how $*"
  if [ -r "$list" ] && { [ ! -e "$list.of" ] || [ "$(cat "$list.of")" = "$wanted" ]; }; then
    missing=
    while read -r file; do [ -e "$downloads/$file" ] || missing=${missing:-$file}; done <"$list"
    [ -n "$missing" ] || return 0
  else
    if [ "$how" = only ] && list_at_hand "$name" "$@"; then
      printf '%s\n' "$wanted" >"$list.of"
      return
    fi
    missing=$name.list
    [ "$how" = with ] || missing="$1_VERSION_s390x.deb"
  fi
  missing=${wanted_file:-$missing}
  configure_apt "$missing"
  say "fetching Debian's $architecture packages: $*"
  if [ "$how" = with ]; then
    with_lists "$missing" apt-get install --yes --download-only "$@"
    # Only against an empty cache does apt print what all the packages are.
    apt-get install --yes --print-uris -o Dir::Cache::archives="$apt/none" "$@" |
      awk -F"[ ']+" '/^\x27/ { print $3 }' >"$list.new"
  else
    (cd "$downloads" && with_lists "$missing" apt-get download "$@")
    (cd "$apt/none" && apt-get download --print-uris "$@") | awk '{ print $2 }' >"$list.new"
  fi
  [ -s "$list.new" ] || die "apt names no file for: $*"
  mv "$list.new" "$list"
  printf '%s\n' "$wanted" >"$list.of"
}

# The package of the well-known name only names the newest kernel package.
fetch_debian_kernel() {
  local name
  fetch_set debian-kernel-name
  name=$(dpkg-deb --field "$downloads/$(cat "$downloads/debian-kernel-name.list")" Depends |
    grep -oE 'linux-image-[^ ,]*' | head -n 1)
  fetch_packages only debian-kernel "$name"
}

fetch_set() {
  local kind packages
  kind=$(awk -v name="$1" '$2 == name && !/^#/ { print $1 }' "$root/scripts/downloads.txt")
  read -ra packages < <(downloads_of "$1") || true
  case $kind in
    tarball) "fetch_${1//-/_}" ;;
    s390x) fetch_packages with "$1" "${packages[@]}" ;;
    s390x-only) fetch_packages only "$1" "${packages[@]}" ;;
    *) refuse "fetch-debian.sh: scripts/downloads.txt has no $1" ;;
  esac
}

fetch_all() {
  local name names
  mapfile -t names < <(awk '!/^#/ && NF { print $2 }' "$root/scripts/downloads.txt")
  for name in "${names[@]}"; do fetch_set "$name"; done
  fetch_debian_kernel
}

mkdir -p "$downloads" "$logs"
case ${1-} in
  all) fetch_all ;;
  set)
    [ $# -eq 2 ] || refuse "fetch-debian.sh set NAME"
    fetch_set "$2"
    ;;
  debian-kernel) fetch_debian_kernel ;;
  hercules) fetch_hercules ;;
  kernel-source) fetch_kernel_source ;;
  s390x) shift && fetch_packages with "$@" ;;
  s390x-only) shift && fetch_packages only "$@" ;;
  *) refuse "fetch-debian.sh: all, set NAME, hercules, kernel-source, debian-kernel, s390x NAME PACKAGE..., or s390x-only NAME PACKAGE..." ;;
esac
