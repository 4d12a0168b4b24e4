import { processGlobal } from '../process-global.ts';

/** What a flavor is called by. */
export interface FlavorName {
  readonly type: string;
  readonly name: string;
}

const known = processGlobal('known-flavors', () => new Map<string, FlavorName>());

/** Remembers that there is such a flavor: one that was imported, or that the catalog of a project lists. */
export function addKnownFlavor({ type, name }: FlavorName): void {
  known.set(`${type}.${name}`, { type, name });
}

/** The flavors that this process knows of, whether a stack has them or not. */
export function listKnownFlavors(): readonly FlavorName[] {
  return [...known.values()];
}
