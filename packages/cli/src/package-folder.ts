import { dirname } from 'node:path';

/**
 * The folder of this package. Its dependencies are the integrations that are there in an empty folder, and bring what a
 * user's file imports and its own folder does not have installed.
 */
export const packageFolder = dirname(import.meta.dirname);
