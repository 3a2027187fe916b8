#!/bin/bash
# Clones the primary on the first start (into a folder that is renamed when whole), then streams from it.
set -euo pipefail
export PGPASSWORD=$POSTGRES_PASSWORD
if [[ ! -d $PGDATA ]]; then
  mkdir -p "$(dirname "$PGDATA")"
  rm -rf "$PGDATA.part"
  pg_basebackup --host="$PRIMARY_HOST" --username="$POSTGRES_USER" --pgdata="$PGDATA.part" \
    --wal-method=stream --checkpoint=fast --write-recovery-conf --create-slot --slot=atlas_replica ||
    pg_basebackup --host="$PRIMARY_HOST" --username="$POSTGRES_USER" --pgdata="$PGDATA.part" \
      --wal-method=stream --checkpoint=fast --write-recovery-conf --slot=atlas_replica
  chmod 0700 "$PGDATA.part"
  mv "$PGDATA.part" "$PGDATA"
fi
exec postgres -D "$PGDATA" -c hot_standby=on -c max_wal_senders=16 -c max_replication_slots=16
