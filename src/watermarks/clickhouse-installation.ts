/**
 * SQL, true in the database of the installation that asks; in that of another one, the statement fails with DIFFERENT_INSTALLATION, whether or
 * not it finds a row. The view is the one that `migrate` stores the owner in; the parameter is bound by OwnedClickHouse.
 */
export const IS_OWN_DATABASE = '(SELECT throwIf(cluster_id != {installation:String}) FROM installation) = 0';

/** FUNCTION_THROW_IF_VALUE_IS_NON_ZERO. */
export const DIFFERENT_INSTALLATION = 395;
