#!/bin/sh
# Installs packages of Debian without starting the services in them: tests start servers of their own.
# install-debian-packages.sh PACKAGE...
set -eu

# Several test files may come here at once: those that come late wait.
if [ "${STACK_INSTALL_LOCKED:-}" = '' ]; then
  STACK_INSTALL_LOCKED=1 exec flock "${TMPDIR:-/tmp}/stack-install-debian-packages.lock" sh "$0" "$@"
fi

# What Debian asks before it starts a service. A machine that has its own answer keeps it.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  trap 'rm -f "$policy"' EXIT
  trap 'exit 1' HUP INT TERM
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod 755 "$policy"
fi

export DEBIAN_FRONTEND=noninteractive
apt() { apt-get -qq -o DPkg::Lock::Timeout=300 -o APT::Update::Error-Mode=any "$@"; }
apt update
apt install --yes --no-install-recommends "$@"
