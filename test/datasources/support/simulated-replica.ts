import type {
  ClickHouseDatabase,
  ClickHouseParameters,
} from '../../../src/connections/clickhouse/clickhouse-database.ts';

interface Part {
  readonly table: string;
  arrive(): Promise<void>;
}

/**
 * Two servers of a cluster at the interface that Atlas has to one. Each has a database of the engine; what is written to the first one reaches the second
 * one in parts, each by itself and in any order, as ReplicatedMergeTree fetches them, or all of a table when that catches up.
 */
export class SimulatedReplica {
  readonly #origin: ClickHouseDatabase;
  readonly #replica: ClickHouseDatabase;
  #underWay: Part[] = [];

  constructor(origin: ClickHouseDatabase, replica: ClickHouseDatabase) {
    this.#origin = origin;
    this.#replica = replica;
  }

  /** The server that is written to. */
  readonly origin: ClickHouseDatabase = {
    query: (...args) => this.#origin.query(...args),
    insert: async (table, rows) => {
      await this.#origin.insert(table, rows);
      this.#send(table, () => this.#replica.insert(table, rows));
    },
    insertLines: async (table, columns, chunks) => {
      await this.#origin.insertLines(table, columns, chunks);
      if (chunks.length > 0) this.#send(table, () => this.#replica.insertLines(table, columns, chunks));
    },
    command: (text, parameters) => this.#command(text, parameters),
    serverChanges: 0,
    catchUp: async () => {},
    close: () => this.#origin.close(),
  };

  /** The other server. @param before called before each of its statements, with the number of those before. */
  replica(before: (statement: number) => Promise<void> = async () => {}): ClickHouseDatabase {
    let statement = 0;
    return {
      query: async <Row extends object>(...args: Parameters<ClickHouseDatabase['query']>): Promise<Row[]> => {
        await before(statement++);
        // As it is with tables that are replicated.
        if (args[0].includes('FROM system.tables')) return [{ found: true }] as Row[];
        return this.#replica.query<Row>(...args);
      },
      insert: () => Promise.reject(new Error('The test writes to the origin')),
      insertLines: () => Promise.reject(new Error('The test writes to the origin')),
      command: () => Promise.reject(new Error('The test writes to the origin')),
      serverChanges: 0,
      catchUp: (tables) => this.#arrive(({ table }) => tables.includes(table)),
      close: () => this.#replica.close(),
    };
  }

  /** How many parts are under way. */
  get underWay(): number {
    return this.#underWay.length;
  }

  /** Lets those arrive that are chosen. */
  async #arrive(isChosen: (part: Part) => boolean): Promise<void> {
    const arriving = this.#underWay.filter(isChosen);
    this.#underWay = this.#underWay.filter((part) => !arriving.includes(part));
    for (const part of arriving) await part.arrive();
  }

  /** Each part that is under way arrives or does not, as `chance` says of its table. */
  arriveSome(chance: (table: string) => boolean): Promise<void> {
    return this.#arrive(({ table }) => chance(table));
  }

  #send(table: string, arrive: () => Promise<void>): void {
    this.#underWay.push({ table, arrive });
  }

  /** Of the commands, those that insert watermarks: the rows that they insert are what a replica fetches. */
  async #command(text: string, parameters: ClickHouseParameters | undefined): Promise<void> {
    await this.#origin.command(text, parameters);
    if (!text.includes('INSERT INTO replication_watermark')) return;
    const rows = await this.#origin.query<object>('SELECT * FROM replication_watermark FINAL');
    this.#send('replication_watermark', () => this.#replica.insert('replication_watermark', rows));
  }
}
