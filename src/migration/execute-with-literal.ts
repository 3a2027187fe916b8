import type { PostgresSession } from '../connections/postgres/postgres-database.ts';

/**
 * Utility statements take no bound values: the server itself quotes the literal.
 * @param template with one `%L`.
 */
export async function executeWithLiteral(session: PostgresSession, template: string, literal: string): Promise<void> {
  const [row] = await session.query<{ text: string }>({
    text: 'SELECT format($1, $2::text) AS text',
    values: [template, literal],
  });
  await session.query({ text: row?.text ?? '', values: [] });
}
