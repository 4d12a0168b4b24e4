/** The version that this code reads and writes: the number of its last migration. */
export const schemaVersion = 8;
