#!/bin/sh
# Runs a Ceph of one monitor, one disk in memory and one gateway, with one user of S3 and a role of it; data in /srv.
# run-ceph.sh GATEWAY_PORT MONITOR_PORT ACCESS_KEY SECRET_KEY
set -eu
gateway_port=$1
monitor_port=$2
access_key=$3
secret_key=$4

# Debian's OSD looks for its classes by a relative path.
cd /
mkdir /srv/mon /srv/osd /srv/rgw /srv/run
cluster=$(cat /proc/sys/kernel/random/uuid)
disk=$(cat /proc/sys/kernel/random/uuid)

# Loopback only; keys for S3, and none within. The monitor agrees with nobody but itself: at once, not once a second as it
# would by default, which makes the start 8 times as fast.
cat >/srv/ceph.conf <<END
[global]
fsid = $cluster
mon host = [v2:127.0.0.1:$monitor_port]
public addr = 127.0.0.1
cluster addr = 127.0.0.1
ms bind ipv6 = false
auth cluster required = none
auth service required = none
auth client required = none
ms mon client mode = crc
paxos propose interval = 0.02
paxos min wait = 0.01
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 1
osd pool default pgp num = 1
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
mon allow pool size one = true
mon max pg per osd = 1000
mon data avail crit = 1
osd objectstore = memstore
memstore device bytes = 8589934592
mon data = /srv/mon
osd data = /srv/osd
rgw data = /srv/rgw
run dir = /srv/run
admin socket =
log to file = false
mon cluster log to file = false
[client.rgw.a]
rgw frontends = beast endpoint=127.0.0.1:$gateway_port tcp_nodelay=1
rgw dynamic resharding = false
rgw s3 auth use sts = true
rgw sts key = 16 bytes of Ceph
rgw sts min session duration = 1
END
export CEPH_CONF=/srv/ceph.conf

monmaptool --create --fsid "$cluster" --addv a "[v2:127.0.0.1:$monitor_port]" /srv/monmap
ceph-mon --mkfs -i a --monmap /srv/monmap
ceph-mon -f -i a &
ceph --connect-timeout 30 osd new "$disk" 0
ceph-osd --mkfs -i 0 --osd-uuid "$disk"
ceph-osd -f -i 0 &
radosgw-admin user create --uid=stack-test --display-name=stack-test --access-key="$access_key" --secret-key="$secret_key"
radosgw-admin role create --role-name=stack-test --assume-role-policy-doc='{
  "Statement": [{
    "Effect": "Allow", "Principal": {"AWS": ["arn:aws:iam:::user/stack-test"]}, "Action": ["sts:AssumeRole"]
  }]
}'
radosgw-admin role-policy put --role-name=stack-test --policy-name=all --policy-doc='{
  "Statement": [{"Effect": "Allow", "Action": ["s3:*"], "Resource": "arn:aws:s3:::*"}]
}'
exec radosgw -f -n client.rgw.a
