import * as z from 'zod';
import { Secret } from '../secrets/index.ts';

/**
 * A field for a credential. Its input is a string, best a reference `{{name.key}}`; the component gets a `Secret`,
 * which prints as `[secret]` and gives its value by `reveal()` only.
 */
export function secretField(): SecretField {
  return z
    .string()
    .min(1)
    .meta({ secret: true })
    .transform((value) => new Secret(value));
}

export type SecretField = z.ZodPipe<z.ZodString, z.ZodTransform<Secret, string>>;
