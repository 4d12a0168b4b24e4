#!/bin/sh
# Runs a command in another Debian, of which it can change nothing: several may run in it at once. To be called by
# unshare, in namespaces of its own: all mounts end with it.
# enter-debian-root.sh ROOT FOLDER COMMAND...   FOLDER is /srv in there
set -eu
root=$1
folder=$2
shift 2
mount --bind "$root" "$root"
mount -o remount,bind,ro "$root"
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
mount -t tmpfs tmpfs "$root/tmp"
mount -t tmpfs tmpfs "$root/run"
mount --bind "$folder" "$root/srv"
exec chroot "$root" "$@"
