import { StackError } from '@stack/core/errors';

const defaultSchema = 'public';

/** Where a store is in PostgreSQL, as its URL says. */
export interface PostgresLocation {
  /** For the driver. It has the password, and is in no message. */
  readonly connectionString: string;
  readonly schema: string;
  /** What the store is called in messages: the URL without passwords. */
  readonly label: string;
  /** The words that make `pg_dump`, `pg_restore` and `psql` connect to the database; they ask for the password. */
  readonly clientArguments: string;
}

/**
 * Reads the URL of a store in PostgreSQL.
 *
 * @throws ARGUMENT_INVALID
 */
export function parsePostgresUrl(text: string): PostgresLocation {
  const url = URL.parse(text);
  if (url === null || !isDecodable(url)) {
    throw invalidUrl(
      'cannot be read',
      'Write it as postgres://USER:PASSWORD@HOST:PORT/DATABASE, with %2F for "/" in a password, %40 for "@", %25 for "%".',
    );
  }
  if (url.protocol !== 'postgres:' && url.protocol !== 'postgresql:') {
    throw invalidUrl(`begins with "${url.protocol}"`, 'It begins with postgres://. For SQLite, leave it out.');
  }
  const schema = url.searchParams.get('schema') ?? defaultSchema;
  if (!/^[A-Za-z_][A-Za-z0-9_-]{0,62}$/.test(schema)) {
    throw invalidUrl(`has the schema "${schema}"`, 'Use letters, digits, "_" and "-" for a schema, 63 at most.');
  }
  const database = decodeURIComponent(url.pathname.slice(1));
  const user = decodeURIComponent(url.username);
  const port = url.port === '' ? '5432' : url.port;
  const label = `postgres://${user === '' ? '' : `${user}@`}${url.host}/${database}${schema === defaultSchema ? '' : `?schema=${schema}`}`;
  const clientArguments = [
    `--host=${url.searchParams.get('host') ?? url.hostname}`,
    `--port=${port}`,
    ...(user === '' ? [] : [`--username=${user}`]),
    `--dbname=${database}`,
  ].join(' ');
  // Whoever connects finds the same tables, whatever is set for their role.
  const searchPath = `-c search_path="${schema}"`;
  url.searchParams.delete('schema');
  url.searchParams.set('options', [...url.searchParams.getAll('options'), searchPath].join(' '));
  return { connectionString: url.href, schema, label, clientArguments };
}

/** Node writes what it could not read into the error; a password may be in there. */
function isDecodable({ username, password, pathname }: URL): boolean {
  try {
    for (const part of [username, password, pathname]) decodeURIComponent(part);
    return true;
  } catch {
    return false;
  }
}

function invalidUrl(problem: string, hint: string): StackError {
  return new StackError({ code: 'ARGUMENT_INVALID', message: `The URL of the metadata store ${problem}.`, hint });
}
