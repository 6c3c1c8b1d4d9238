# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# What tools/quickstart and tools/check have in common. Sourced, not run.

root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)
logs=$root/build/logs

# A compiler cache, where there is one, also serves a checkout in another folder.
export CCACHE_BASEDIR=$root CCACHE_NOHASHDIR=true

say() { printf 'regatta: %s\n' "$*" >&2; }
fail() {
  say "$*"
  exit 1
}

have() {  # COMMAND... → are all of them there?
  local each
  for each in "$@"; do command -v "$each" >/dev/null || return 1; done
}

packages_of() {  # GROUP... → names, one per line
  awk -v wanted=" $* " '
    { sub(/#.*/, "") }
    /^\[/ { group = $1; gsub(/[][]/, "", group); next }
    NF && index(wanted, " " group " ") { print $1 }' "$root/tools/packages"
}

missing_packages() {  # NAME... → those that are not installed; no network, no root
  local installed
  # shellcheck disable=SC2016  # the ${…} are dpkg-query's
  installed=$(dpkg-query -W -f '${Package} ${db:Status-Status}\n' "$@" 2>/dev/null |
    awk '$2 == "installed" { print $1 }' || true)
  printf '%s\n' "$@" | grep -vxF -e "$installed" || true
}

# Debian starts a service as soon as its package is installed, and at every boot from then on. Ours
# are there for tests to start, on ports and in folders of their own.
policy=/usr/sbin/policy-rc.d
forbid_starting() {  # COMMAND... (sudo, or none) → false if somebody has a policy already
  [[ ! -e $policy ]] || return 1
  printf '#!/bin/sh\nexit 101\n' | "$@" install -m 755 /dev/stdin "$policy"
}
new_services() {  # PACKAGE... → those that they will bring
  local each service
  for each in "$@"; do
    case $each in
      nginx-*) service=nginx ;;
      postgresql-[0-9]*) service=postgresql ;;
      redis-server) service=redis-server ;;
      *) continue ;;
    esac
    [[ -e /lib/systemd/system/$service.service ]] || printf '%s\n' "$service"
  done
}

install_groups() {  # GROUP...
  local help='install the equivalents of tools/packages yourself and repeat with --no-install'
  have apt-get dpkg-query || fail "this system has no apt-get; $help."

  local names missing
  mapfile -t names < <(packages_of "$@")
  mapfile -t missing < <(missing_packages "${names[@]}")
  [[ ${#missing[@]} -gt 0 ]] || return 0

  local system
  # shellcheck source=/dev/null
  system=$(. /etc/os-release && printf '%s' "${ID:-} ${VERSION_ID:-}") || system=unknown
  [[ $system == 'debian 12' ]] ||
    fail "the package names are those of Debian 12 and this is '$system'; $help."

  local update=(apt-get update) get=(apt-get install -y --no-install-recommends "${missing[@]}")
  local by_hand="${update[*]} && ${get[*]}"
  local as_root=()
  if [[ $EUID -ne 0 ]]; then
    as_root=(sudo)
    # With a terminal sudo may ask for the password; without one it must not try.
    [[ -t 0 ]] || as_root+=(-n)
    "${as_root[@]}" apt-get --version >/dev/null 2>&1 ||
      fail "installing needs root and sudo does not work here; ask an administrator to run: $by_hand"
  fi
  say "installing ${#missing[@]} packages …"
  # --no-remove: somebody's libboost1.74-dev is not ours to take away.
  local options=(-o DPkg::Lock::Timeout=120 --no-remove)
  export DEBIAN_FRONTEND=noninteractive
  mkdir -p "$logs"
  local status=0 services each
  mapfile -t services < <(new_services "${missing[@]}")
  allow_again=()
  if forbid_starting "${as_root[@]}"; then allow_again=("${as_root[@]}" rm -f "$policy"); fi
  trap '"${allow_again[@]}"' EXIT
  { "${as_root[@]}" "${update[@]}" || say 'apt-get update failed; trying with the lists at hand …'
    "${as_root[@]}" "${get[@]}" "${options[@]}"; } </dev/null >"$logs/install.log" 2>&1 || status=$?
  "${allow_again[@]}"
  trap - EXIT
  [[ $status -eq 0 ]] || {
    tail -n 15 "$logs/install.log" >&2
    if grep -q 'remove is disabled' "$logs/install.log"; then
      fail 'installing would remove packages (libboost1.74-dev, or libboost-dev that brings it,' \
        'cannot be beside libboost1.81-dev): remove them yourself, or build in a container.'
    fi
    fail "apt-get failed, its log is $logs/install.log; by hand it is: $by_hand"
  }
  have systemctl || return 0
  for each in "${services[@]}"; do
    "${as_root[@]}" systemctl disable --quiet "$each.service" >/dev/null 2>&1 ||
      say "$each was installed for the tests; it may start at the next boot"
  done
}

default_jobs() {  # the CPUs we may use, but no more compilers than there is memory for (1.5 GB each)
  local cpus memory
  cpus=$(nproc)
  memory=$(awk '/^MemAvailable/ { print int($2 / 1500000) }' /proc/meminfo)
  [[ ${memory:-1} -ge 1 ]] || memory=1
  printf '%s' "$((cpus < memory ? cpus : memory))"
}

positive() { [[ $1 =~ ^[1-9][0-9]*$ ]]; }
