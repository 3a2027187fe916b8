/**
 * A select of the types that a tenant's entities have, as `type`, in the order of their names: from one to the next in the index, so that it reads one entry
 * for each of them.
 * @param tenant the placeholder of the tenant's id. @param first a condition on the first one, beginning with an operator.
 */
export function typeNamesSql(tenant: string, first?: string): string {
  const next = (condition: string) =>
    `SELECT n.type FROM atlas.entity n WHERE n.tenant_id = ${tenant}${condition} ORDER BY n.type LIMIT 1`;
  return `WITH RECURSIVE t AS (
  (${next(first === undefined ? '' : ` AND n.type ${first}`)})
  UNION ALL
  SELECT (${next(' AND n.type > t.type')}) FROM t WHERE t.type IS NOT NULL
)
SELECT t.type FROM t WHERE t.type IS NOT NULL`;
}
