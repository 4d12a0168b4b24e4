import type { JsonObject } from '../json.ts';

/** A component as data: what is stored, and what validation sees. References to secrets are not resolved. */
export interface ComponentDescription {
  readonly name: string;
  readonly type: string;
  readonly flavor: string;
  readonly config: JsonObject;
  readonly settings: JsonObject;
}
