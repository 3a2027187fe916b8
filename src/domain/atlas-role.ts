/** The database roles that `atlas migrate` makes. */
export const ATLAS_ROLES = ['atlas_migrate', 'atlas_serve', 'atlas_replicate'] as const;

/** `atlas_migrate` owns the tables; the other two have the rights that `ROLE_PRIVILEGES` lists. */
export type AtlasRole = (typeof ATLAS_ROLES)[number];

/** A role that a process acts as while it runs. */
export type ProcessRole = Exclude<AtlasRole, 'atlas_migrate'>;
