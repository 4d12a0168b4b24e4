/** Where a metadata store is: a SQLite file, or a database of PostgreSQL. */
export type StoreLocation =
  | {
      /** Path of the SQLite file; its folder exists. */
      readonly file: string;
    }
  | {
      /** `postgres://USER:PASSWORD@HOST:PORT/DATABASE`; `?schema=NAME` for another schema than `public`. */
      readonly url: string;
    };
