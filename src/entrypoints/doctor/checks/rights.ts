import { DatabaseError } from '../../../connections/database-error.ts';
import { readServerFacts } from '../../../migration/checks/server-facts.ts';
import { OLDEST_POSTGRES, PRIVILEGES, serverFaults } from '../../../migration/checks/server-faults.ts';
import { type Finding, fail, ok } from '../finding.ts';
import { type Check, type ExaminedServer, primariesOf } from '../patient.ts';

const PURPOSES = ['serve', 'replicate'] as const;
type Purpose = (typeof PURPOSES)[number];

const NO_SUCH_ROLE = '22023';
const NOT_A_MEMBER = '42501';

/** Whether the roles of the URLs can do what `serve` and `replicate` do. Each of the two may have URLs of its own. */
export const rights: Check = {
  title: 'rights',
  async examine(patient) {
    return (await Promise.all(primariesOf(patient).map(rightsOn))).flat();
  },
};

async function rightsOn(server: ExaminedServer): Promise<Finding[]> {
  const { name } = server;
  const found = await Promise.all(
    PURPOSES.map(async (purpose) => ({ purpose, faults: await faultsOf(server, purpose) })),
  );
  const possible = found.filter(({ faults }) => faults !== null);
  if (possible.length === 0) {
    return [
      fail(
        `The ${name} does not let the role of its URL act as atlas_serve or atlas_replicate; run "atlas migrate" if they do not exist, or GRANT the one that it needs TO it.`,
      ),
    ];
  }
  return possible.flatMap(({ purpose, faults }) =>
    faults === null || faults.length === 0
      ? [ok(`The ${name} gives its role what ${purpose} needs.`)]
      : faults.map((fault) => fail(`The ${name} ${fault} (for ${purpose}).`)),
  );
}

/** Null if the role cannot act as the role of the process. */
async function faultsOf({ database }: ExaminedServer, purpose: Purpose): Promise<string[] | null> {
  try {
    return await database.transaction(async (session) => {
      await session.query({ text: `SET LOCAL ROLE atlas_${purpose}`, values: [] });
      const facts = await readServerFacts(session, PRIVILEGES[purpose]);
      // Versions and WAL have a check of their own.
      const recent = {
        ...facts,
        walLevel: 'logical',
        versionNumber: Math.max(facts.versionNumber, OLDEST_POSTGRES * 10_000),
      };
      return serverFaults(recent, { role: 'primary', subscribes: false }, purpose);
    });
  } catch (error) {
    if (error instanceof DatabaseError && [NO_SUCH_ROLE, NOT_A_MEMBER].includes(error.sqlState)) return null;
    throw error;
  }
}
