#!/usr/bin/env bash
# reset-user.sh LOGIN: new password, unlocks, and forgets all second factors
# needs the role helpdesk-2; every use is mailed to security@
set -euo pipefail
login=${1:?usage: reset-user.sh LOGIN}
new=$(pwgen -s 16 1)

unlock() {
  # five wrong tries lock for an hour; this lifts it
  ipa user-unlock "$login" || true
}

echo "$new" | ipa passwd "$login"
unlock
ipa otptoken-find --owner "$login" --raw | awk '/ipatokenuniqueid/{print $2}' | xargs -r -n1 ipa otptoken-del
echo "temporary password (valid 24 h): $new"
