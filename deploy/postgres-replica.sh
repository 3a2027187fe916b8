#!/bin/bash
# Clones the primary on the first start, into a directory that is renamed once complete, then streams from it. Arguments: the
# command that starts the server in $PGDATA.
set -euo pipefail
if [[ ! -s $PGDATA/PG_VERSION ]]; then
  export PGPASSWORD=$POSTGRES_PASSWORD
  rm -rf "$PGDATA.part"
  mkdir -p "$(dirname "$PGDATA")"
  # Drops the slot of an earlier clone, which may have lost WAL.
  psql --host="$PRIMARY_HOST" --username="$POSTGRES_USER" --dbname="$POSTGRES_DB" --no-psqlrc --set=ON_ERROR_STOP=1 \
    --command="SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = 'atlas_replica'"
  pg_basebackup --host="$PRIMARY_HOST" --username="$POSTGRES_USER" --pgdata="$PGDATA.part" \
    --wal-method=stream --checkpoint=fast --create-slot --slot=atlas_replica --write-recovery-conf
  mv --no-target-directory "$PGDATA.part" "$PGDATA"
  unset PGPASSWORD
fi
exec "$@"
